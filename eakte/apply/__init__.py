"""`eakte apply organisation.yaml`: units, people, filing plan, rights and templates from one file."""

from __future__ import annotations

from eakte.apply.changes import Action, Change
from eakte.apply.organisation import apply_organisation

__all__ = ["Action", "Change", "apply_organisation"]
