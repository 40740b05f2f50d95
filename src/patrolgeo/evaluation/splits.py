"""Where the past ends: the origins of a backtest."""

from patrolgeo.errors import DataError


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
    for name, value in {"horizon": horizon, "window": window, "step": step}.items():
        if value < 1:
            raise DataError(f"{name}={value} must be at least 1 period.")
    last = n_periods - horizon - window + 1
    first = max(n_periods // 2, 1) if min_train is None else min_train
    cuts = list(range(last, first - 1, -step))[::-1]
    if first < 1 or not cuts:
        raise DataError(
            f"A panel of {n_periods} periods leaves no origin with min_train={first}, horizon={horizon} and "
            f"window={window}; lower them or bring more periods."
        )
    return cuts[-n_origins:] if n_origins else cuts
