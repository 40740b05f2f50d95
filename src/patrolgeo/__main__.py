"""`python -m patrolgeo` is the command line."""

import sys

from patrolgeo.cli import main

if __name__ == "__main__":
    sys.exit(main())
