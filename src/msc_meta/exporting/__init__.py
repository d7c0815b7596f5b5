"""How records and results go out: one module per format."""
