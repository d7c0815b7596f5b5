"""Forest and funnel plots: what they say, where it stands, and three ways to draw it."""

FORMATS = ("svg", "pdf", "png")  # here, so that the command line knows them without loading what draws
