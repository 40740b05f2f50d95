"""What can be said of the machine: Python, cores, memory, room on disk, fonts, time zones, compiled code."""

import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from patrolgeo import __version__
from patrolgeo.doctor.finding import Finding

ENOUGH_GB = {"memory": 4.0, "disk": 2.0}  # the sample county takes about a quarter of this memory


def look_at_machine() -> Iterator[Finding]:
    """Yield what is found, in the order in which it is told."""
    system = f"{platform.system()} {platform.release()}, {platform.machine()}"
    yield Finding("python", values={"own": __version__, "python": platform.python_version(), "system": system})
    yield Finding("cores", values={"n": _cores()})
    memory = _memory_gb()
    if memory is not None:
        yield Finding("memory", "good" if memory >= ENOUGH_GB["memory"] else "note", {"gb": memory})
    yield from _disk()
    yield _zones()


def look_at_paper() -> Iterator[Finding]:
    """Yield what only can be said with the packages: letters to print with, code that is compiled already."""
    yield _fonts()
    yield _compiled()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory_gb() -> float | None:
    """Return the memory of the machine; None where the system does not say it."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (AttributeError, ValueError, OSError):
        return None


def _disk() -> Iterator[Finding]:
    """Look at where results and what waits to become results are written."""
    for folder in dict.fromkeys((Path.cwd(), Path(tempfile.gettempdir()))):
        gb = shutil.disk_usage(folder).free / 2**30
        values = {"folder": folder, "gb": gb}
        if not os.access(folder, os.W_OK | os.X_OK):
            yield Finding("write", "note", values)
        else:
            yield Finding("disk", "good" if gb >= ENOUGH_GB["disk"] else "note", values)


def _fonts() -> Finding:
    from patrolgeo.charts._paper import fonts

    usual, *chinese = fonts()
    return Finding("fonts", "good" if chinese else "note", {"name": chinese[0] if chinese else usual})


def _zones() -> Finding:
    try:
        ZoneInfo("Asia/Shanghai")
    except ZoneInfoNotFoundError:
        return Finding("zones", "fault")
    return Finding("zones")


def _compiled() -> Finding:
    """Say where compiled code is kept; a first run compiles what it needs, which takes a minute or two."""
    wanted, home = os.environ.get("NUMBA_CACHE_DIR"), Path(__file__).parents[1]
    if wanted and (os.access(wanted, os.W_OK) or not os.access(home, os.W_OK)):
        home = Path(wanted)
    n = sum(1 for _ in home.rglob("*.nbi"))
    return Finding("compiled", "good" if n else "note", {"n": n, "folder": home})
