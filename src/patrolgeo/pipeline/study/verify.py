"""An earlier study run again, and every number of it compared."""

from __future__ import annotations

import json
import tempfile
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo.errors import DataError
from patrolgeo.execution import Executor
from patrolgeo.files import check_file
from patrolgeo.folders import MANIFEST
from patrolgeo.pipeline.study.bundle import BUNDLE, STUDY, read_results
from patrolgeo.pipeline.study.run import run_study

ROUNDING = 1e-9  # other processors round in other ways; a larger share of a number is a difference


def verify_study(
    folder: str | Path, study: str | Path | None = None, *, executor: Executor | None = None, run_code: bool = False
) -> pd.DataFrame:
    """Does a study come out again as it stands in its folder?

    Parameters
    ----------
    folder
        What an earlier run left.
    study
        The study file to run again; by default the one in the folder, on the rows that it keeps.
    executor, run_code
        As in `run_study`.

    Returns
    -------
    Table by file: `numbers` compared, how many `differ` by more than rounding, the largest `difference` as a share of
    the number, and whether the bytes are the `same`.

    Raises
    ------
    PatrolgeoError
        When it is no folder of a study, or the study cannot be run.

    Examples
    --------
    >>> from patrolgeo import verify_study
    >>> bool((verify_study("out/burglary")["differ"] == 0).all())  # doctest: +SKIP
    True
    """

    def again(kept: Path, out: Path) -> None:
        run_study(kept if study is None else study, out, executor=executor, run_code=run_code)

    return compare_again(folder, "study", again)


def compare_again(folder: str | Path, what: str, again: Callable[[Path, Path], Any], file: str = STUDY) -> pd.DataFrame:
    """Return a row a file: how many of its numbers differ when `again` runs what stands in the folder into another."""
    folder = check_file(folder, f"folder of a {what}")
    if not folder.is_dir():
        raise DataError(f"{folder} is a file; name the folder that the {what} was written into.")
    known = {name: seal for name, seal in read_results(folder, file).outputs.items() if name != BUNDLE}
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "again"
        again(folder, out)
        made = json.loads((out / MANIFEST).read_text(encoding="utf-8"))["outputs"]
        names = sorted({*known, *made})
        rows = [_compared(folder / name, out / name, known.get(name) == made.get(name)) for name in names]
    return pd.DataFrame(rows, index=pd.Index(names, name="file"))


def _compared(old: Path, new: Path, same: bool) -> dict[str, Any]:
    before, after = (np.array(list(_numbers(path)), float) for path in (old, new))
    if before.shape != after.shape:
        return {"numbers": len(before), "differ": max(len(before), len(after)), "difference": np.inf, "same": False}
    with np.errstate(invalid="ignore"):
        apart = np.abs(before - after) / np.maximum(np.abs(before), 1.0)
    apart = np.where(np.isnan(before) & np.isnan(after), 0.0, np.where(np.isnan(apart), np.inf, apart))
    apart = np.where(before == after, 0.0, apart)
    differ = int((apart > ROUNDING).sum())
    lost = not len(before) and not same and old.suffix != ".html"
    return {"numbers": len(before), "differ": max(differ, int(lost)), "difference": apart.max(initial=0), "same": same}


def _numbers(path: Path) -> Iterator[float]:
    """Give every number of a file of results, in order; a text counts by what it is."""
    if not path.is_file():
        return
    content = path.read_bytes()
    if path.suffix == ".json":
        yield from _of_json(json.loads(content))
    elif path.suffix in (".csv", ".parquet") and path.parent.name != "data":
        table = pd.read_csv(BytesIO(content)) if path.suffix == ".csv" else pd.read_parquet(BytesIO(content))
        for column in table:
            values = table[column]
            yield from values.astype(float) if pd.api.types.is_numeric_dtype(values) else values.map(_as_number)


def _of_json(content: Any) -> Iterator[float]:
    if isinstance(content, dict | list):
        for part in content.values() if isinstance(content, dict) else content:
            yield from _of_json(part)
    elif content is None:
        yield np.nan
    else:
        yield float(content) if isinstance(content, bool | int | float) else _as_number(content)


def _as_number(text: Any) -> float:
    """Return a number that stands for a text."""
    return float(zlib.crc32(str(text).encode()))
