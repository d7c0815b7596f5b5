"""Effect sizes: reported numbers of two arms as an estimate and its sampling variance per study."""
