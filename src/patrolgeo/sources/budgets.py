"""What a source may hold before it is refused, and how to allow more."""

from __future__ import annotations

import os

from patrolgeo.errors import DataError

LIMITS = {
    "rows": 60_000_000,
    "columns": 5_000,
    "cells": 100_000_000,  # of a workbook
    "unpacked_bytes": 2_000_000_000,  # of a compressed file
    "vertices": 2_000_000,  # of one shape
}


def limit(what: str) -> int:
    """Return how many rows, columns, cells, unpacked bytes or vertices a source may hold.

    The environment variable ``PATROLGEO_MAX_ROWS`` (and so on) sets another number.
    """
    name = _variable(what)
    said = os.environ.get(name, "")
    if said and not said.replace("_", "").isdecimal():
        raise DataError(f"{name}={said!r} must be a whole number.")
    return int(said or LIMITS[what])


def check_budget(size: int, what: str, source: str) -> None:
    """Raise when a source holds more than its limit; the message says what to set to allow it."""
    if size > limit(what):
        raise DataError(f"{source} has {size:,} {words(what)}. {allow(what)}")


def allow(what: str) -> str:
    """Return the end of a message: the limit, and what to set to allow more."""
    return f"At most {limit(what):,} are read; set the environment variable {_variable(what)} to allow more."


def words(what: str) -> str:
    """Return the name of a limit for a message."""
    return what.replace("_", " ")


def _variable(what: str) -> str:
    return f"PATROLGEO_MAX_{what.upper()}"
