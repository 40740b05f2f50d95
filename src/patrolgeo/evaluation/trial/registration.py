"""What was promised before the start, sealed, and held against what was done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from patrolgeo._checks import check_time
from patrolgeo.errors import DataError
from patrolgeo.files import check_file, write_json

NEEDED = ("registered", "start")


def register_trial(path: str | Path, promise: Mapping[str, Any]) -> str:
    """Write down before the start what a trial will do, with a seal that shows later changes.

    Parameters
    ----------
    path
        The file to write (JSON).
    promise
        What is promised, by name: `registered` and `start` (dates), and whatever else binds: treated and control
        places, outcome, model, level, rings.

    Returns
    -------
    The seal, a SHA-256; keep it elsewhere too (a letter, a public register).

    Raises
    ------
    DataError
        When it is registered at or after the start, or something cannot be written as JSON.

    Examples
    --------
    >>> from patrolgeo import register_trial
    >>> seal = register_trial("registration.json", {"registered": "2024-01-01", "start": "2024-02-05",
    ...                                             "treated": ["a", "b"]})  # doctest: +SKIP
    """
    missing = [name for name in NEEDED if name not in promise]
    if missing:
        raise DataError(f"promise lacks {', '.join(missing)}.")
    written, start = (check_time(promise[name], name).tz_localize(None) for name in NEEDED)
    if written >= start:
        raise DataError(
            f"The trial starts on {promise['start']} and is registered on {promise['registered']}: what is written "
            "down after the start is no promise."
        )
    seal = _seal(promise)
    write_json(Path(path), {"promise": dict(promise), "sha256": seal})
    return seal


def hold_to_registration(path: str | Path, done: Mapping[str, Any]) -> pd.DataFrame:
    """What was promised, what was done, and was it kept?

    Parameters
    ----------
    path
        The file that `register_trial` wrote.
    done
        What was done, under the same names.

    Returns
    -------
    DataFrame by name: `promised`, `done` (None where nothing is said), `kept`. What was done and not promised follows.

    Raises
    ------
    DataError
        When the file is none, or was changed since.

    Examples
    --------
    >>> from patrolgeo import hold_to_registration
    >>> hold_to_registration("registration.json", {"treated": ["a", "c"]})  # doctest: +SKIP
    """
    promise = read_registration(path)
    names = [*promise, *(name for name in done if name not in promise)]
    rows = [(promise.get(name), done.get(name)) for name in names]
    kept = [_plain(before) == _plain(after) for before, after in rows]
    columns = {"promised": [row[0] for row in rows], "done": [row[1] for row in rows], "kept": kept}
    return pd.DataFrame(columns, pd.Index(names, name="name"), dtype=object).astype({"kept": bool})


def read_registration(path: str | Path) -> dict[str, Any]:
    """Return what was promised, when the seal holds."""
    path = check_file(path, "registration")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        promise, seal = dict(content["promise"]), content["sha256"]
    except (ValueError, KeyError, TypeError, OSError):
        raise DataError(f"{path} is no registration of a trial, as register_trial writes it.") from None
    if _seal(promise) != seal:
        raise DataError(f"{path} was changed since it was written: its seal does not fit what it promises.")
    return promise


def _seal(promise: Mapping[str, Any]) -> str:
    return hashlib.sha256(_plain(promise).encode()).hexdigest()


def _plain(value: Any) -> str:
    try:
        return json.dumps(value, sort_keys=True, ensure_ascii=True, allow_nan=False)
    except (TypeError, ValueError) as problem:
        raise DataError(f"A promise must be words, numbers, lists and tables of them: {problem}.") from None
