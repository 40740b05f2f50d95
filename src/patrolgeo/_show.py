"""How results show themselves: the repr is one line, and print shows at most ten lines that a person reads."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

MOST_LINES, WIDTH, MARGIN = 10, 118, 16
Rows = list[tuple[str, str]]  # a name and what it is worth, in words


class Shown:
    """A result that says what it is in one line, and in ten when it is printed.

    A class gives its line (`_head`) and the rows that are printed below it (`_rows`: a name and what it is worth).
    Without a line of its own it names the fields that are not as they are by default. A dataclass takes ``repr=False``.

    Examples
    --------
    >>> from patrolgeo._show import Shown
    >>> class Walk(Shown):
    ...     def _head(self):
    ...         return "two steps"
    ...     def _rows(self):
    ...         return [("metres", "1.5")]
    >>> Walk()
    Walk(two steps)
    >>> print(Walk())
    Walk: two steps
    metres          1.5
    """

    def _head(self) -> str:
        return ", ".join(f"{name}={in_short(value)}" for name, value in _said(self))

    def _rows(self) -> Rows:
        return []

    def __repr__(self) -> str:
        """Return one line."""
        name = type(self).__name__
        return f"{name}({cut(self._head(), WIDTH - len(name) - 2)})"

    def __str__(self) -> str:
        """Return at most ten lines; what does not fit is counted in the last one."""
        below = [cut(f"{name:<{MARGIN - 1}} {value}", WIDTH) for name, value in self._rows()]
        if len(below) >= MOST_LINES:
            kept = below[: MOST_LINES - 2]
            below = [*kept, f"{'...':<{MARGIN - 1}} and {len(below) - len(kept)} more lines"]
        return "\n".join([cut(f"{type(self).__name__}: {self._head()}", WIDTH), *below])


def cut(text: str, most: int) -> str:
    """Return a text as one line of at most `most` characters.

    Examples
    --------
    >>> from patrolgeo._show import cut
    >>> cut("one and\\ntwo", 20), cut("one and two", 8)
    ('one and two', 'one a...')
    """
    line = " ".join(text.splitlines()).rstrip()
    return line if len(line) <= most else line[: most - 3] + "..."


def some_of(labels: Iterable[object], most: int = 8) -> str:
    """Return the first few labels in words.

    Examples
    --------
    >>> from patrolgeo._show import some_of
    >>> some_of(range(12), 3)
    '0, 1, 2 and 9 more'
    """
    words = [str(label) for label in labels]
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return (", ".join(words[:most]) or "none") + more


def in_short(value: Any) -> str:
    """Return a value in a few words: of a table or an array its size.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo._show import in_short
    >>> in_short(0.05), in_short(pd.Series([1, 2])), in_short([1, 2, 3, 4])
    ('0.05', 'Series of 2', 'list of 4')
    """
    shape = getattr(value, "shape", None)
    if shape:
        return f"{type(value).__name__} of {' x '.join(map(str, shape))}"
    if isinstance(value, (list, tuple, dict, set)) and len(value) > 3:
        return f"{type(value).__name__} of {len(value)}"
    return cut(repr(value), 40)


def _said(result: Any) -> list[tuple[str, Any]]:
    """Return the fields that are not as they are by default."""
    said = []
    for field in dataclasses.fields(result):
        value = getattr(result, field.name)
        usual = field.default_factory() if callable(field.default_factory) else field.default
        if value is not usual and not (type(value) is type(usual) and not hasattr(value, "shape") and value == usual):
            said.append((field.name, value))
    return said
