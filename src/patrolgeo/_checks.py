"""What public functions ask of their arguments, checked once, in words a user can act on."""

import difflib
from collections.abc import Iterable
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from patrolgeo._typing import Array, Floats
from patrolgeo.errors import AlignmentError, DataError, MissingColumnError

Labelled = TypeVar("Labelled", bound="pd.Series | pd.DataFrame")


def nearest(word: str, known: Iterable[object]) -> str:
    """Return the end of a sentence about an unknown word: ``"; did you mean 'x'?"`` or just the full stop."""
    near = difflib.get_close_matches(str(word), [str(k) for k in known], n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else "."


def check_choice(value: object, choices: Iterable[object], name: str) -> None:
    """Raise when `value` is none of the `choices`; the message names the nearest."""
    options = list(choices)
    try:
        known = value in options
    except (TypeError, ValueError):  # a table or an array is not a word
        known = False
    if not known:
        listed = ", ".join(repr(o) for o in options)
        raise DataError(f"{name}={value!r} is not known{nearest(str(value), options)} Choose one of {listed}.")


def check_options(given: Iterable[str], known: Any, what: str) -> None:
    """Raise TypeError when `given` holds a keyword that the TypedDict `known` lacks; the message names the nearest."""
    for name in given:
        if name not in known.__annotations__:
            raise TypeError(f"{what} takes no keyword {name!r}{nearest(name, known.__annotations__)}")


def check_columns(table: pd.DataFrame, needed: Iterable[str], what: str) -> None:
    """Raise when `table` is not a table or lacks needed columns; all missing ones are named in one message."""
    check_type(table, pd.DataFrame, what)
    missing = [c for c in needed if c not in table.columns]
    if missing:
        have = ", ".join(map(str, table.columns))
        raise MissingColumnError(f"{what} lacks the column(s) {', '.join(missing)}; it has: {have}.")


def check_type(value: object, kinds: type | tuple[type, ...], name: str, hint: str = "") -> None:
    """Raise when `value` is of none of the `kinds`."""
    if not isinstance(value, kinds):
        wanted = " or ".join(k.__name__ for k in (kinds if isinstance(kinds, tuple) else (kinds,)))
        raise DataError(f"{name} must be a {wanted}, got {type(value).__name__}{'; ' + hint if hint else ''}.")


def check_number(
    value: Any,
    name: str,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    below: float | None = None,
    whole: bool = False,
    finite: bool = True,
    hint: str = "",
) -> None:
    """Raise when `value` is not a finite number (a whole one where asked) within its range."""
    numeric = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, (bool, np.bool_))
    fits = (
        numeric
        and bool(np.isfinite(value) if finite else not np.isnan(value))
        and (not whole or value == int(value))
        and (least is None or value >= least)
        and (above is None or value > above)
        and (most is None or value <= most)
        and (below is None or value < below)
    )
    if not fits:
        limits = [("of at least", least), ("above", above), ("at most", most), ("below", below)]
        words = " and ".join(f"{word} {limit:g}" for word, limit in limits if limit is not None)
        kind = "a whole number" if whole else "a number"
        raise DataError(f"{name}={value!r} must be {kind} {words}".rstrip() + (f" ({hint})." if hint else "."))


def check_positive(value: Any, name: str) -> None:
    """Raise when `value` is not a finite number above zero."""
    check_number(value, name, above=0)


def check_share(value: Any, name: str, hint: str = "0.05 means 5 %") -> None:
    """Raise when `value` does not lie between 0 and 1, both left out: levels, quantiles, error rates."""
    check_number(value, name, above=0, below=1, hint=hint)


def check_count(value: Any, name: str, least: int = 1) -> int:
    """Return `value` as an int when it is a whole number of at least `least`."""
    check_number(value, name, least=least, whole=True)
    return int(value)


def check_time(value: Any, name: str) -> pd.Timestamp:
    """Return a date or time as a Timestamp: a text such as "2026-05-01 07:00", or a date."""
    try:
        moment = pd.Timestamp(value) if not isinstance(value, (int, float)) else pd.NaT
    except (TypeError, ValueError):
        moment = pd.NaT
    if moment is pd.NaT:
        shown = repr(value) if isinstance(value, (str, int, float)) else type(value).__name__
        raise DataError(f"{name}={shown} must be a date or time, for example '2026-05-01 07:00'.")
    return moment


def check_seed(random_state: Any) -> int:
    """Return the seed that `random_state` stands for: itself, a draw of a Generator, or a fresh one for None."""
    if random_state is None:
        random_state = np.random.default_rng()
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**31))
    return check_count(random_state, "random_state", least=0)


def check_panel(panel: Any, name: str = "panel") -> pd.DataFrame:
    """Return `panel` when it is one: DatetimeIndex rows in order, unique columns, finite non-negative numbers."""
    if not isinstance(panel, pd.DataFrame):
        raise DataError(
            f"{name} must be a DataFrame with periods as rows and cells as columns, got {type(panel).__name__}."
        )
    if not isinstance(panel.index, pd.DatetimeIndex):
        raise DataError(f"{name}: the rows must be a DatetimeIndex of period starts, got {type(panel.index).__name__}.")
    if not panel.index.is_monotonic_increasing or panel.index.has_duplicates or panel.index.hasnans:
        raise DataError(f"{name}: the periods must be in order and without repeats; use .sort_index().")
    if panel.columns.has_duplicates:
        twice = panel.columns[panel.columns.duplicated()][0]
        raise DataError(f"{name}: the cell {twice!r} occurs twice among the columns.")
    values = as_floats(panel, name)
    if values.size and not (np.isfinite(values).all() and (values >= 0).all()):
        raise DataError(f"{name} holds negative or missing counts; fill them with 0 if they mean none.")
    return panel


def as_floats(values: Any, name: str) -> Floats:
    """Return `values` as an array of numbers; words and the like are refused."""
    try:
        if isinstance(values, (pd.Series, pd.DataFrame)):
            return values.to_numpy(float, na_value=np.nan)
        return np.asarray(values, float)
    except (TypeError, ValueError):
        raise DataError(f"{name} must hold numbers; got {_shortly(values)}.") from None


def _shortly(values: object) -> str:
    text = repr(values)
    return f"{type(values).__name__} {text if len(text) <= 40 else text[:40] + '...'}"


# --- labels: two labelled arguments are aligned by label or refused, arrays go by position -------------------------


def align(values: Labelled, labels: pd.Index, name: str, of: str = "cells") -> Labelled:
    """Return `values` (a Series or table by label) in the order of `labels`; every label must be there, once.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo._checks import align
    >>> align(pd.Series({"b": 2, "a": 1, "c": 3}), pd.Index(["a", "b"]), "risk").tolist()
    [1, 2]
    """
    if not isinstance(values, (pd.Series, pd.DataFrame)):
        raise DataError(f"{name} must be a Series by {of}, got {type(values).__name__}.")
    check_once(values.index, name, of)
    if values.index.equals(labels):
        return values
    at = values.index.get_indexer(labels)
    missing = labels[at < 0]
    if len(missing):
        raise AlignmentError(
            f"{name} lacks {len(missing)} of {len(labels)} {of} (first: {missing[0]!r}); its own first label is "
            f"{repr(values.index[0]) if len(values) else 'none'}. Reindex it, with 0 where nothing is known."
        )
    return values.iloc[at]


def check_once(labels: pd.Index, name: str, of: str = "cells") -> None:
    """Refuse labels of which one stands twice: it would count twice."""
    if labels.has_duplicates:
        twice = labels[labels.duplicated()][0]
        raise AlignmentError(f"{name} holds the label {twice!r} twice; give each of the {of} once.")


def by_label(values: Any, labels: pd.Index, name: str, of: str = "cells", *, labelled: bool = True) -> Floats:
    """Return `values` as numbers in the order of `labels`, shape (n_labels,): a Series by label, an array by position.

    With ``labelled=False`` the labels are positions only (they come from a plain array). A Series that holds just these
    positions in another order still goes by label; any other Series then goes by position.
    """
    if isinstance(values, pd.Series) and (labelled or _holds_just(values.index, labels)):
        values = align(values, labels, name, of)
    numbers = as_floats(values, name)
    if numbers.shape != (len(labels),):
        raise AlignmentError(f"{name} has shape {numbers.shape}, but there are {len(labels)} {of}.")
    return numbers


def together(of: str = "cells", **arguments: Any) -> list[Array]:
    """Return the arguments as arrays of one shape: labelled ones by label, plain ones by position.

    The first labelled argument (Series or DataFrame) gives the order. The others must hold the same labels, no fewer
    and no more, in any order. None stays out.
    """
    given = {name: values for name, values in arguments.items() if values is not None}
    first = next((n for n, v in given.items() if isinstance(v, (pd.Series, pd.DataFrame))), None)
    if first is not None:
        model = given[first]
        for labels in model.axes:
            check_once(labels, first, of)
        given = {name: _like(values, model, name, first, of) for name, values in given.items()}
    arrays = {name: as_floats(values, name) for name, values in given.items()}
    if len({a.shape for a in arrays.values()}) > 1:
        shapes = ", ".join(f"{name} {a.shape}" for name, a in arrays.items())
        raise DataError(f"{' and '.join(arrays)} must agree in shape, one value for each of the {of}; got {shapes}.")
    return list(arrays.values())


def _like(values: Any, model: Any, name: str, first: str, of: str) -> Any:
    """Return `values` in the order of the labels of `model`, on every axis that both have."""
    if not isinstance(values, type(model) if isinstance(values, pd.DataFrame) else (pd.Series, pd.DataFrame)):
        return values
    if values.ndim != model.ndim:
        raise AlignmentError(f"{name} is a {type(values).__name__} but {first} is a {type(model).__name__}.")
    for axis in range(model.ndim):
        labels, own = model.axes[axis], values.axes[axis]
        if own.equals(labels):
            continue
        lone = own.difference(labels)
        if len(lone):
            raise AlignmentError(f"{name} holds {len(lone)} {of} that {first} has not (first: {lone[0]!r}).")
        turned = align(values if axis == 0 else values.T, labels, name, of)
        values = turned if axis == 0 else turned.T
    return values


def _holds_just(index: pd.Index, labels: pd.Index) -> bool:
    return len(index) == len(labels) and not index.has_duplicates and bool(labels.isin(index).all())
