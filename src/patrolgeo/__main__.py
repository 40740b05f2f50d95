"""`python -m patrolgeo` is the command line."""

import signal
import sys

if __name__ == "__main__":  # a stop while the package is still loading ends quietly, as a stop by the system does
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from patrolgeo.cli import main

if __name__ == "__main__":
    sys.exit(main())
