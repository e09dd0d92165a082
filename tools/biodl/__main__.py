"""``python -m biodl COMMAND``."""

import sys

from .program.cli import main

if __name__ == "__main__":
    sys.exit(main())
