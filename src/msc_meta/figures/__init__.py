"""Forest and funnel plots: what they say, where it stands, and three ways to draw it."""
