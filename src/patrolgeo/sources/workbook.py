"""Workbooks, read in a process of their own: a parser that aborts takes that process down, never the caller's.

Run as a script, this file reads one workbook and writes its sheets to standard output.
"""

from __future__ import annotations

import contextlib
import pickle
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

_FAILED = 3  # exit code of a workbook that cannot be read, with the reason on standard error


def read_workbook(path: Any) -> tuple[dict[str, tuple[list[list[Any]], list[Any]]], list[str]]:
    """Return the rows and the merged ranges of each sheet of a workbook, and the cells that were left out.

    A few cells far from the table, which would ask for billions of empty ones, are left out.

    Raises
    ------
    DataError
        When it cannot be read, or its sheets ask for more cells or bytes than `budgets` allow.
    """
    from patrolgeo.errors import DataError
    from patrolgeo.sources.budgets import allow, check_budget
    from patrolgeo.sources.stray_cells import without_strays

    with contextlib.suppress(zipfile.BadZipFile, OSError), zipfile.ZipFile(path) as parts:
        check_budget(sum(p.file_size for p in parts.infolist()), "unpacked_bytes", path.name)
    done, strays = _run(path), []
    if _too_many(done):
        with tempfile.TemporaryDirectory() as folder:
            trimmed = Path(folder) / "trimmed.xlsx"
            strays = without_strays(path, trimmed)
            done = _run(trimmed) if strays else done
    if done.returncode == 0:
        return pickle.loads(done.stdout), strays  # noqa: S301 - written below
    reason = _reason(done)
    if _too_many(done):
        raise DataError(
            f"{path.name} cannot be read as a workbook: its used range asks for too many cells. Delete what stands "
            f"far from the table (a stray cell at the end of a sheet). {allow('cells')}"
        )
    raise DataError(f"{path.name} cannot be read as a workbook: {reason.splitlines()[-1] if reason else 'no reason'}")


def _run(path: Any) -> subprocess.CompletedProcess[bytes]:
    from patrolgeo.sources.budgets import limit

    command = [sys.executable, "-P", __file__, str(path), str(limit("cells"))]
    return subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own file


def _reason(done: subprocess.CompletedProcess[bytes]) -> str:
    return done.stderr.decode("utf-8", "replace").strip()


def _too_many(done: subprocess.CompletedProcess[bytes]) -> bool:
    return done.returncode not in (0, _FAILED) or _reason(done) == "cells"


def _read(path: str, most: int) -> dict[str, tuple[list[list[Any]], list[Any]]]:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(path)
    sheets = {}
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        if sheet.total_height * sheet.total_width > most:
            raise MemoryError
        sheets[name] = (sheet.to_python(skip_empty_area=False), list(sheet.merged_cell_ranges or []))
    return sheets


def _limit_memory(most: int) -> None:
    """Keep this process below what so many cells need, so that no cell at the end of a sheet takes the machine."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (64 * most + 2**30,) * 2)


def main(path: str, most: int) -> int:
    """Write the sheets of a workbook to standard output; the reason to standard error when that fails."""
    _limit_memory(most)
    try:
        answer = pickle.dumps(_read(path, most))
    except MemoryError:
        sys.stderr.write("cells")
        return _FAILED
    except BaseException as error:  # noqa: BLE001 - a parser of another language may raise anything
        sys.stderr.write(str(error) or type(error).__name__)
        return _FAILED
    sys.stdout.buffer.write(answer)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
