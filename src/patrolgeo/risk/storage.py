"""Models on disk, without pickle: a file that runs no code when it is opened."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.files import check_file, read_arrays, write_arrays
from patrolgeo.grid.units import Units
from patrolgeo.risk.history import History
from patrolgeo.risk.protocol import BaseRisk

FORMAT = 2


def save_model(model: BaseRisk, path: str | Path) -> Path:
    """Write a fitted model to a `.npz` file: its settings and the past it learned from.

    Learning is deterministic, so `load_model` learns again and says the same to the last digit; nothing in the file can
    run. The counts by cell are in the file: keep it where the incidents are kept. A class of your own derives from
    `BaseRisk` and keeps its settings as dataclass fields (numbers, words, lists of them).

    Parameters
    ----------
    model
        A fitted model.
    path
        The file to write, usually ending in ``.npz``.

    Returns
    -------
    The path.

    Raises
    ------
    DataError
        When the model has not learned anything yet, or a setting is not a number, a word or a list of them.

    Examples
    --------
    >>> import tempfile, pandas as pd
    >>> from patrolgeo import HistoricalMean, load_model, save_model
    >>> weeks = pd.date_range("2024-01-01", periods=4, freq="7D")
    >>> model = HistoricalMean().fit(pd.DataFrame({"8930e1d8d03ffff": [0, 4, 8, 4]}, index=weeks))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = load_model(save_model(model, folder + "/model.npz"))
    >>> again.predict().iloc[0, 0]
    np.float64(4.0)
    """
    if not hasattr(model, "history_"):
        raise DataError(f"{type(model).__name__} has not learned anything yet; call fit(panel) before saving.")
    past, path = model.history_, Path(path)
    header = {
        "format": FORMAT,
        "model": _name_of(type(model)),
        "settings": asdict(model),
        "freq": past.periods.freqstr,
        "columns": list(model.columns_),
        "columns_name": model.columns_.name,
        "places": list(past.places),
        "points": list(past.points),
        "signals": list(past.signals),
        "calendar": {name: table.index.strftime("%Y-%m-%dT%H:%M:%S").tolist() for name, table in past.calendar.items()},
    }
    arrays = {"counts": past.counts, "periods": past.periods.to_numpy()}
    arrays |= {} if past.units is None else {"units": _places_of(past.units)}
    arrays |= {} if past.exposure is None else {"exposure": past.exposure}
    arrays |= {f"places/{i}": values for i, values in enumerate(past.places.values())}
    arrays |= {f"points/{i}": values for i, values in enumerate(past.points.values())}
    arrays |= {f"signals/{i}": values for i, values in enumerate(past.signals.values())}
    arrays |= {f"calendar/{i}": table.to_numpy(float) for i, table in enumerate(past.calendar.values())}
    return write_arrays(path, {"header": np.array(_as_json(header)), **arrays})


def _as_json(header: dict[str, Any]) -> str:
    try:
        return json.dumps(header)
    except TypeError as error:
        raise DataError(f"Settings of a model must be numbers, words or lists of them to be saved: {error}.") from None


def _places_of(units: Units) -> Floats:
    """Return where units are and how large, to know them again, shape (n, 3)."""
    return np.column_stack([units.lonlat, units.size])


def load_model(path: str | Path, own: Iterable[type[BaseRisk]] = (), *, units: Units | None = None) -> BaseRisk:
    """Return the model that `save_model` wrote; it says what the saved one said.

    Parameters
    ----------
    path
        The file.
    own
        Your classes that the file may hold. A file names the class of its model; nothing is ever imported because a
        file says so, so a class that is not of patrolgeo must be handed over here.
    units
        The units that the model was fitted with, when its panel was not of H3 cells; the file knows them again.

    Returns
    -------
    The fitted model.

    Raises
    ------
    MissingFileError
        When there is no such file.
    DataError
        When it is not a model of this version, is damaged or was altered since it was written, or when its class is
        neither of patrolgeo nor among `own`; when it needs `units` and none or others are given.

    Examples
    --------
    >>> import tempfile, pandas as pd
    >>> from patrolgeo import HistoricalMean, load_model, save_model
    >>> class Median(HistoricalMean):
    ...     pass
    >>> weeks = pd.date_range("2024-01-01", periods=4, freq="7D")
    >>> model = Median().fit(pd.DataFrame({"8930e1d8d03ffff": [0, 4, 8, 4]}, index=weeks))
    >>> path = save_model(model, tempfile.mkdtemp() + "/model.npz")
    >>> load_model(path, own=[Median]).predict().iloc[0, 0]
    np.float64(4.0)
    """
    arrays = read_arrays(check_file(path, "model"), "model")
    header = json.loads(str(arrays["header"])) if "header" in arrays else {}
    if header.get("format") != FORMAT:
        raise DataError(f"{path} is not a model of this version (format {header.get('format')}, expected {FORMAT}).")
    model = _kind(header["model"], own)(**_settings(header["settings"]))
    model.columns_ = pd.Index(header["columns"], name=header["columns_name"])
    cells = model.columns_.sort_values()
    return model._learned_from(_history(header, arrays, cells, _units_of(arrays, cells, units, path)))


def _units_of(arrays: dict[str, Any], cells: pd.Index, units: Units | None, path: Any) -> Units | None:
    """Return the units of the stored model, held against what the file says of them."""
    if "units" not in arrays:
        return None
    if units is None:
        raise DataError(f"The model in {path} was fitted on units that are not H3 cells; give them as units=.")
    found = units.select(cells)
    if not np.allclose(_places_of(found), arrays["units"], rtol=1e-9, atol=1e-9):
        raise DataError(f"The model in {path} was fitted on other units of these labels: places or sizes differ.")
    return found


def _kind(name: str, own: Iterable[type[BaseRisk]]) -> type[BaseRisk]:
    """Return the class of a model: a public one of patrolgeo by its name, or one of those handed over."""
    for kind in own:
        if not (isinstance(kind, type) and issubclass(kind, BaseRisk)):
            raise DataError(f"own must hold classes derived from BaseRisk, got {kind!r}.")
        if _name_of(kind) == name:
            return kind
    front = import_module("patrolgeo")
    public: Any = getattr(front, name) if name in front.__all__ else None
    if not (isinstance(public, type) and issubclass(public, BaseRisk)):
        raise DataError(
            f"The file holds a model of the class {name!r}, which is not one of patrolgeo's. If you trust it, import "
            f"the class and hand it over: load_model(path, own=[{name.rpartition('.')[2]}])."
        )
    return public


def _name_of(kind: type[BaseRisk]) -> str:
    """Return the name of a public class, or the import path of any other."""
    name = kind.__name__
    front = import_module("patrolgeo")
    public = name in front.__all__ and getattr(front, name) is kind
    return name if public else f"{kind.__module__}.{kind.__qualname__}"


def _settings(stored: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}


def _history(header: dict[str, Any], arrays: dict[str, Any], cells: pd.Index, units: Units | None) -> History:
    calendar = {
        name: pd.DataFrame(
            table, index=pd.DatetimeIndex(times), columns=cells if table.shape[1] == len(cells) else None
        )
        for (name, times), table in zip(header["calendar"].items(), _numbered(arrays, "calendar"), strict=True)
    }
    return History(
        arrays["counts"],
        pd.DatetimeIndex(arrays["periods"], freq=header["freq"], name="period"),
        cells,
        arrays.get("exposure"),
        dict(zip(header["places"], _numbered(arrays, "places"), strict=True)),
        calendar,
        dict(zip(header["signals"], _numbered(arrays, "signals"), strict=True)),
        units=units,
        points=dict(zip(header.get("points", []), _numbered(arrays, "points"), strict=True)),
    )


def _numbered(arrays: dict[str, Any], kind: str) -> list[Any]:
    return [arrays[f"{kind}/{i}"] for i in range(sum(name.startswith(f"{kind}/") for name in arrays))]
