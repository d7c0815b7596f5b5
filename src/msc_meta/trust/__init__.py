"""How far the answer for one outcome can be trusted: each method, and what it has to assume."""
