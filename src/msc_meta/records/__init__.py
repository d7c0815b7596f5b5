"""What a trial reported: the record format, reading it, and every check of it."""
