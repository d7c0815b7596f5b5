"""Records from elsewhere on their way into the folder: what came in, what is missing, what a person has to check."""
