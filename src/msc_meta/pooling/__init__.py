"""Pooling: effect sizes of several studies as one answer."""
