"""`python -m patrolgeo` and the command `patrolgeo` are the command line."""

import signal
import sys


def main() -> int:
    """Run the command line; a stop while it is still loading ends quietly, as a stop by the system does."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from patrolgeo.command.main import main as command_line

    return command_line()


if __name__ == "__main__":
    sys.exit(main())
