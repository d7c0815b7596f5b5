"""``python -m msc_meta`` is ``msc-meta``."""

from msc_meta.cli import main

if __name__ == "__main__":
    main()
