"""What was searched, screened and left out before there was a record: one small file, checked like a record."""
