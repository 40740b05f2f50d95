"""Rolling-origin backtest: each forecast knows only what its origin knew."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from copy import deepcopy
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

import pandas as pd

from patrolgeo._checks import check_count, check_panel, check_type
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.evaluation.splits import origins, with_window
from patrolgeo.execution import Executor, run_all
from patrolgeo.files import read_arrays, write_arrays
from patrolgeo.grid.units import Units
from patrolgeo.risk.protocol import RiskModel

Beside = tuple[pd.Series | None, Any, Units | None]  # what goes with a panel: exposure, covariates, units
Said = dict[str, tuple[Floats, pd.Index]]  # by model: expected counts, shape (n_cells, n_origins), and the cells
log = logging.getLogger("patrolgeo")


def backtest(
    models: Mapping[str, RiskModel],
    panel: pd.DataFrame,
    horizon: int = 1,
    window: int = 1,
    min_train: int | None = None,
    step: int = 1,
    executor: Executor | None = None,
    *,
    exposure: pd.Series | None = None,
    covariates: Any = None,
    units: Units | None = None,
    n_origins: int | None = None,
    refit_every: int = 1,
    cache: str | Path | None = None,
) -> pd.DataFrame:
    """What would each model have said, standing at each origin in the past?

    Parameters
    ----------
    models
        Name to model; each is copied before it is fitted.
    panel
        Incident counts, shape (n_periods, n_cells).
    horizon
        Periods from the origin to the forecast; 1 is the period that follows.
    window
        Periods that are summed, so that 28-day studies run on weekly panels.
    min_train
        Periods that the first origin knows; by default half of the panel.
    step
        Periods between origins.
    executor
        Where origins run; by default here, one after another. The answer is the same. Workers of Dask need the two
        settings of docs/scale.md: without them memory that they give back and ask for again costs as much as the work.
    exposure, covariates
        Handed to every fit.
    units
        Where the units of the panel lie, when its labels are not H3 cells: `SquareGrid` or `AreaUnits`. Handed to every
        model whose `fit` takes units.
    n_origins
        Only the last so many origins.
    refit_every
        Models learn anew at every so many origins; in between they say what they said then of the later periods, as
        on a desk where the map is drawn once a month.
    cache
        Folder that keeps each forecast, so that an interrupted backtest goes on where it stopped. A forecast is found
        again by the model's settings (its ``repr``) and by all that it was shown.

    Returns
    -------
    Expected counts: rows are the first period of what is forecast, columns (model, cell). The names of rows and
    cells say how many periods a row sums ("period" and "cell", or "4 periods from" and "cell, 4 periods" with
    ``window=4``); `evaluate` reads them.

    Raises
    ------
    DataError
        When the panel leaves no origin, or a number is not a whole one of at least 1.
    AlignmentError
        When `exposure`, a covariate or `units` lacks cells of the panel.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import HistoricalMean, backtest
    >>> weeks = pd.date_range("2024-01-01", periods=4, freq="7D")
    >>> panel = pd.DataFrame({"8930e1d8d03ffff": [0, 4, 8, 4]}, index=weeks)
    >>> backtest({"mean": HistoricalMean()}, panel, n_origins=1)["mean"].iloc[0].tolist()
    [4.0]
    """
    panel = check_panel(panel)
    check_type(models, Mapping, "models", "name each model, for example {'stack': RiskStack()}")
    if not models:
        raise DataError("backtest needs at least one model, for example {'stack': RiskStack()}.")
    check_count(refit_every, "refit_every")
    for name, model in models.items():
        if not (hasattr(model, "fit") and hasattr(model, "predict")):
            raise DataError(f"The model {name!r} is a {type(model).__name__}; a model has the methods fit and predict.")
    cuts = origins(len(panel), horizon=horizon, window=window, min_train=min_train, step=step, n_origins=n_origins)
    fits = [cuts[i : i + refit_every] for i in range(0, len(cuts), refit_every)]
    task = partial(_forecast, models, panel, horizon, window, (exposure, covariates, units), cache)
    told = zip(fits, run_all(task, fits, executor=executor, what="backtest"), strict=True)
    out = pd.concat([_table(said, [panel.index[cut + horizon - 1] for cut in cuts]) for cuts, said in told])
    return with_window(out, window)


def _forecast(
    models: Mapping[str, RiskModel],
    panel: pd.DataFrame,
    horizon: int,
    window: int,
    beside: Beside,
    cache: str | Path | None,
    cuts: list[int],
) -> Said:
    """Return what all models say at these origins, having learned at the first of them.

    Arrays and labels travel back: a table of few rows and many thousand columns is dear to send on a cluster.
    """
    known, leads = panel.iloc[: cuts[0]], [cut - cuts[0] + horizon for cut in cuts]
    said = {}
    for name, model in models.items():
        say = partial(_said, model, known, leads, window, beside)
        kept = None if cache is None else Path(cache) / f"{_key(say)}.npz"
        table = say() if kept is None else _remembered(say, kept)
        said[name] = table.to_numpy(), table.index
    return said


def _table(said: Said, rows: list[pd.Timestamp]) -> pd.DataFrame:
    """Return what was said as columns (model, cell)."""
    tables = {name: pd.DataFrame(values.T, rows, cells) for name, (values, cells) in said.items()}
    return pd.concat(tables, axis=1, names=["model"])


def _said(model: RiskModel, known: pd.DataFrame, leads: list[int], window: int, beside: Beside) -> pd.DataFrame:
    """Return what a fresh copy of the model expects in the windows that begin `leads` periods ahead, by cell."""
    exposure, covariates, units = beside
    fresh = deepcopy(model)
    places = {"units": units} if units is not None and "units" in signature(fresh.fit).parameters else {}
    fitted = fresh.fit(known, exposure=exposure, covariates=covariates, **places)
    expected = fitted.predict(leads[-1] + window - 1)
    return pd.DataFrame(
        {str(lead): expected.iloc[lead - 1 : lead - 1 + window].sum(axis=0, skipna=False) for lead in leads}
    )


def _key(say: partial[pd.DataFrame]) -> str:
    """Return what stands for a forecast: the model with its settings and all that it is shown."""
    from joblib import hash as digest

    return str(digest((repr(say.args[0]), *map(_content, say.args[1:]))))


def _content(shown: Any) -> Any:
    """Return what a table holds, without what pandas remembers of it: that changes when it is looked at."""
    if isinstance(shown, pd.DataFrame | pd.Series):
        columns = shown.columns if isinstance(shown, pd.DataFrame) else [shown.name]
        return shown.to_numpy(), "\n".join(map(str, shown.index)), "\n".join(map(str, columns))
    if isinstance(shown, tuple):
        return tuple(map(_content, shown))
    return {name: _content(part) for name, part in shown.items()} if isinstance(shown, Mapping) else shown


def _remembered(say: partial[pd.DataFrame], kept: Path) -> pd.DataFrame:
    """Return what was said before, or say it now; a kept forecast that is damaged or was altered is made again."""
    try:
        if kept.exists():
            known, leads = say.args[1], say.args[2]
            values = read_arrays(kept, "forecast")["values"]
            return pd.DataFrame(values, index=known.columns, columns=[str(lead) for lead in leads])
    except (DataError, ValueError) as problem:
        log.warning("%s It is made again.", problem)
    said = say()
    write_arrays(kept, {"values": said.to_numpy(float)})
    return said
