"""The flow of a review: from the records identified to the studies in each synthesis."""
