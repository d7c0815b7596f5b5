"""Robustness: what one study, small studies or missing studies may have done to a pooled effect."""
