"""``msc-meta serve``: the report as a page that follows the records while they are edited, on this machine only."""
