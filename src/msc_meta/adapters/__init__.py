"""How records come in: one module per format, each offered through the public hook."""
