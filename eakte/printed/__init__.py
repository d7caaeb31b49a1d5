"""Templates of what the product prints besides letters."""
