"""Forest and funnel plots: what they say, where it stands, and several ways to draw it."""

# here, so that the command line knows them without loading what draws
FORMATS = ("svg", "pdf", "png", "tiff", "eps")
USUAL_FORMATS = ("svg", "pdf", "png")  # what a run writes unless told otherwise
