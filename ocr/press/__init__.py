"""Letters become paper: templates are filled, pages stamped with return codes, separator sheets printed."""
