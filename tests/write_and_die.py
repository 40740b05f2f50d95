"""Replaces a result and is stopped on the way: the child of the tests of folders, and of `benchmarks/soak.py`.

Usage: write_and_die.py TARGET [AT SIGNAL]   stopped at the AT-th audited call of the write phase by SIGNAL
       write_and_die.py TARGET wait          says "ready" and goes on when a line comes (for strace)
"""

import os
import signal
import sys
from pathlib import Path

from patrolgeo.files import write_text
from patrolgeo.folders import whole_folder

WORDS = ("open", "os.", "shutil.", "fcntl.", "ctypes.", "pathlib.")


def write(target: Path, text: str) -> None:
    """Write a result of three files and a folder, all with the same text."""
    with whole_folder(target) as folder:
        (folder / "sheets").mkdir()
        for name in ("plan.html", "report.html", "sheets/one.html"):
            write_text(folder / name, text)


def stop_at(count: int, number: int) -> None:
    """Have `number` sent to this process at the `count`-th call to the system that Python audits."""
    seen = 0

    def hook(event: str, _: tuple) -> None:
        nonlocal seen
        if event.startswith(WORDS) and event != "os.kill":
            seen += 1
            if seen == count:
                os.kill(os.getpid(), number)

    sys.addaudithook(hook)


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGINT, interrupt)
    if sys.argv[2:] == ["wait"]:
        print("ready", flush=True)
        sys.stdin.readline()
    elif len(sys.argv) > 2:
        stop_at(int(sys.argv[2]), int(sys.argv[3]))
    try:
        write(Path(sys.argv[1]), "new")
    except KeyboardInterrupt:
        sys.exit(130)
