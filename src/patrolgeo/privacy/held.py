"""Numbers that later releases repeat: what has changed by little stays as published, so nothing can be subtracted.

The register of counts (`privacy.register`) guards counts by cell. Totals, people, risk and flags lie beside it in a
file of their own. A number is published in steps and repeated until the truth has moved by a whole step from it; what
stands for something published already (the risk of a block whose count is repeated) is repeated as long as that is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from patrolgeo._checks import check_positive
from patrolgeo.errors import DataError
from patrolgeo.files import write_json

STEP = 5.0  # incidents; the threshold below which a count is not told either


class Held:
    """What was published, and what is published now.

    Parameters
    ----------
    register
        The register of counts; the numbers are kept beside it, in ``NAME.numbers.json``. None holds nothing.

    Raises
    ------
    DataError
        When the file of numbers cannot be read.
    """

    def __init__(self, register: Path | None = None) -> None:
        self.path = None if register is None else Path(register).with_suffix(".numbers.json")
        self.known: dict[str, Any] = {}
        if self.path is not None and self.path.exists():
            try:
                self.known = dict(json.loads(self.path.read_text(encoding="utf-8")))
            except (OSError, ValueError, TypeError) as problem:
                raise DataError(f"{self.path} is not a file of published numbers: {problem}.") from None

    def about(self, key: str, value: float, step: float = STEP) -> float:
        """Return a number in whole steps; the one that was published while the truth is less than a step from it.

        Examples
        --------
        >>> from patrolgeo.privacy.held import Held
        >>> held = Held()
        >>> [held.about("rows", n) for n in (402, 403, 406, 407)]
        [400.0, 400.0, 405.0, 405.0]
        """
        check_positive(step, "step")
        before = self.known.get(key)
        if before is None or not abs(value - before) < step:
            self.known[key] = before = float(step * np.rint(value / step))
        return float(before)

    def same(self, key: str, value: Any) -> Any:
        """Return what was first published under a key; `value` when nothing was."""
        return self.known.setdefault(key, value)

    def all_about(self, numbers: Mapping[str, Any], key: str, skip: frozenset[str] = frozenset()) -> dict[str, Any]:
        """Return a table of numbers, tables within it too: whole numbers in steps, others with two digits, days.

        Rates and means are repeated until the number of incidents counted is told anew.

        Parameters
        ----------
        numbers
            Numbers, texts and tables by name.
        key
            Name of the table.
        skip
            Names that are wishes, not results; they stay.
        """
        return {
            name: value if name in skip else self._told(f"{key}.{name}", value, skip) for name, value in numbers.items()
        }

    def _told(self, key: str, value: Any, skip: frozenset[str]) -> Any:
        if isinstance(value, Mapping):
            return self.all_about(value, key, skip)
        if isinstance(value, list):
            return [self._told(f"{key}.{i}", part, skip) for i, part in enumerate(value)]
        if isinstance(value, bool) or value is None or not isinstance(value, int | float):
            return value[:10] if isinstance(value, str) and key.endswith((".first", ".last")) else value
        if isinstance(value, int) or abs(value) >= 100:
            return int(self.about(key, value))
        return self.same(f"{key} at {self.known.get('incidents.counted')}", two_digits(value))

    def save(self) -> None:
        """Write what is published beside the register."""
        if self.path is not None:
            write_json(self.path, dict(sorted(self.known.items())))


def two_digits(value: float) -> float:
    """Return a number with two significant digits."""
    return float(f"{value:.1e}") if np.isfinite(value) else float("nan")
