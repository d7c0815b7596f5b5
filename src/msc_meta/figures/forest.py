"""Forest plot."""
