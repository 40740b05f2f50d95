"""Where the past ends: the origins of a backtest, and how many periods a row of its forecasts sums."""

import re
from typing import Any

import pandas as pd

from patrolgeo._checks import check_count
from patrolgeo.errors import AlignmentError, DataError


def origins(
    n_periods: int,
    *,
    horizon: int = 1,
    window: int = 1,
    min_train: int | None = None,
    step: int = 1,
    n_origins: int | None = None,
) -> list[int]:
    """Return how many periods are known at each origin; the newest forecast ends with the last period.

    Examples
    --------
    >>> from patrolgeo.evaluation.splits import origins
    >>> origins(10, min_train=6)
    [6, 7, 8, 9]
    >>> origins(10, horizon=1, window=4, step=2, min_train=2)
    [2, 4, 6]
    """
    counts = {"horizon": horizon, "window": window, "step": step, "min_train": min_train, "n_origins": n_origins}
    for name, value in counts.items():
        if value is not None:
            check_count(value, name)
    last = n_periods - horizon - window + 1
    first = max(n_periods // 2, 1) if min_train is None else min_train
    cuts = list(range(last, first - 1, -step))[::-1]
    if first < 1 or not cuts:
        raise DataError(
            f"A panel of {n_periods} periods leaves no origin with min_train={first}, horizon={horizon} and "
            f"window={window}; lower them or bring more periods."
        )
    return cuts[-n_origins:] if n_origins else cuts


def with_window(forecasts: pd.DataFrame, window: int) -> pd.DataFrame:
    """Return forecasts, columns (model, cell), whose rows and cells are named by how many periods a row sums.

    Tables and files keep these names, and tables of different windows put side by side lose one of them.
    """
    cell = forecasts.columns.names[-1] or "cell"
    names = ["period", cell] if window == 1 else [f"{window} periods from", f"{cell}, {window} periods"]
    return forecasts.rename_axis(index=names[0], columns=["model", names[1]])


def window_of(forecasts: pd.DataFrame, window: int | None = None) -> int:
    """Return how many periods a row of `forecasts` sums, as the names of rows and cells say.

    `window` must not contradict them; it is needed where they do not say it.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo.evaluation.splits import window_of, with_window
    >>> table = pd.DataFrame([[1.0]], columns=pd.MultiIndex.from_tuples([("mean", "a")]))
    >>> window_of(with_window(table, 4))
    4
    """
    rows, cells = forecasts.index.name, forecasts.columns.names[-1]
    said = {_summed(rows) or (1 if rows == "period" else None), _summed(cells) or (1 if cells else None)}
    if rows == "period" and forecasts.columns.names[0] != "model":
        said.discard(None)  # a table made by hand need not name its cells
    if window is not None:
        check_count(window, "window")
        said = {window, *said} - {None}
    if len(said) == 1 and None not in said:
        return said.pop() or 1
    raise AlignmentError(
        f"The forecasts do not say for sure how many periods a row sums: rows are named {rows!r}, cells {cells!r}"
        f"{'' if window is None else f', and window={window}'}. Score tables of different windows each for itself; "
        "name the rows 'period', or give window=1, when each is one period."
    )


def _summed(name: Any) -> int | None:
    found = re.search(r"\b(\d+) periods\b", str(name))
    return int(found[1]) if found else None
