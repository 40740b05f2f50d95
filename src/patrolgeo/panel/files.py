"""The panel of a folder of Parquet files: counted file by file, here, in processes or on a Dask cluster."""

import functools
import hashlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from patrolgeo import crs
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import DataError, MissingColumnError
from patrolgeo.execution import Executor, run_all
from patrolgeo.files import check_file, read_arrays, sweep, write_arrays
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.panel.counts import MAX_COUNTS, Tally, whole_until
from patrolgeo.panel.periods import SHIFTS, period_index

log = logging.getLogger("patrolgeo")
ROWS = 500_000  # read at a time
COLUMNS = ("time", "lon", "lat")
Told = tuple[bytes, pd.DatetimeIndex, tuple[str, ...] | None]  # what a file is counted into: cells, periods, kinds
State = tuple[int, int, int]  # size of a file, time of its last change, time of the last change of its entry
Sums = tuple[Ints, Floats, Floats]


def count_files(
    paths: str | Path | Iterable[str | Path],
    grid: HexGrid,
    freq: str = "W",
    *,
    executor: Executor | None = None,
    category: Sequence[str] | None = None,
    week_start: str = "Mon",
    day_start: str = "00:00",
    shifts: Sequence[str] = SHIFTS,
    until: str | pd.Timestamp | None = None,
    partial: bool = False,
    resume: str | Path | None = None,
    max_counts: int = MAX_COUNTS,
) -> pd.DataFrame:
    """How many incidents of these files fell in each cell in each period?

    Each file is read once, in pieces, and only its sums by cell and period travel back; so the files may be larger than
    memory. The answer does not depend on where the work runs, nor on how the rows are spread over files.

    Parameters
    ----------
    paths
        A folder of Parquet files, one file, or several; columns `time`, `lon`, `lat` (and `category` when asked for).
    grid
        The study area.
    freq, week_start, day_start, shifts, until
        As in `count_incidents`; "auto" is not known here.
    executor
        None counts here; a ``concurrent.futures`` executor or a Dask client counts there.
    category
        Categories to count apart, in an outer level of the columns; rows of other categories are not counted.
    partial
        Keep periods that end after `until`.
    resume
        Folder for the sums of finished files. Run again after an interruption, files that are there are not counted
        again, unless they have changed. The sums are removed when all is counted.
    max_counts
        Most periods x cells; more are an error, most often caused by a wrong date.

    Returns
    -------
    The panel. ``attrs`` tells what is not on it: `outside` (no coordinates included), `unfinished`, `undated` (rows
    without a time) and, when categories are asked for, `other_category`. Together they make `read`.

    Raises
    ------
    MissingFileError, MissingColumnError, DataError
        When there is no file, a column is missing, no row has a time, or the panel would be larger than `max_counts`.

    Examples
    --------
    >>> import tempfile, pandas as pd
    >>> from patrolgeo import HexGrid, count_files
    >>> grid = HexGrid.from_cells(["88309c4de3fffff"])
    >>> rows = pd.DataFrame({"time": pd.to_datetime(["2024-01-02", "2024-01-14"]), "lon": [119.9, 0], "lat": [31.7, 0]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rows.to_parquet(f"{folder}/2024-01.parquet")
    ...     panel = count_files(folder, grid)
    >>> panel.sum(axis=1).tolist(), panel.attrs["outside"]
    ([1.0, 0.0], 1.0)
    """
    files = _files(paths)
    states = [_state(file) for file in files]
    first, last = _span(files)
    end = whole_until(last, until, min(shifts) if freq == "shift" else day_start)
    starts = period_index(
        first, max(last, end - pd.Timedelta(seconds=1)), freq, week_start=week_start, day_start=day_start, shifts=shifts
    )
    tally = Tally(grid, starts, tuple(category) if category is not None else None)
    tally.check_budget(max_counts)
    told = (grid.ids.tobytes(), starts, tally.kinds)
    if resume is not None:
        sweep(resume)
    tasks = [
        (file, None if resume is None else Path(resume) / _stamp(file, state, told), state)
        for file, state in zip(files, states, strict=True)
    ]
    flat = np.zeros(tally.size)
    rest = np.zeros(3)
    for places, counts, others in run_all(
        functools.partial(_count_file, told), tasks, executor=executor, what="counting files"
    ):
        flat[places] += counts
        rest += others
    panel = tally.panel(flat, None if partial else end)
    panel.attrs.update(dict(zip(("read", "undated", "other_category"), rest.tolist(), strict=True)))
    crs.warn_if_mostly_outside(panel.attrs["outside"], rest[0] - rest[1] - rest[2])
    for _, kept, _ in tasks:
        if kept is not None:
            kept.unlink(missing_ok=True)
    return panel


def _files(paths: str | Path | Iterable[str | Path]) -> list[str]:
    named = [paths] if isinstance(paths, str | Path) else list(paths)
    found = []
    for path in named:
        whole = check_file(path, "the Parquet file")
        found += sorted(whole.glob("*.parquet")) if whole.is_dir() else [whole]
    if not found:
        raise DataError(f"There is no .parquet file in {', '.join(map(str, named)) or 'an empty list'}.")
    return [str(f) for f in found]


def _span(files: list[str]) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last time of all files, from their statistics where they have them."""
    ends = [end for file in files for end in _ends(file)]
    if not ends:
        raise DataError(f"No row of {len(files)} file(s) has a time.")
    return min(ends), max(ends)


@contextmanager
def _named(file: str) -> Iterator[None]:
    """Turn what the parser says of a damaged file into one sentence that names it."""
    try:
        yield
    except (pa.ArrowException, OSError, OverflowError) as problem:
        said = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise DataError(f"{file} is damaged, cut short, or no Parquet file: {said[:200]}.") from None


def _ends(file: str) -> list[pd.Timestamp]:
    with _named(file):
        return _times_of(file)


def _times_of(file: str) -> list[pd.Timestamp]:
    meta = pq.read_metadata(file)
    names = [meta.schema.column(i).path for i in range(meta.num_columns)]
    missing = [c for c in COLUMNS if c not in names]
    if missing:
        raise MissingColumnError(f"{file} lacks the column(s) {', '.join(missing)}; it has: {', '.join(names)}.")
    groups = [meta.row_group(g).column(names.index("time")).statistics for g in range(meta.num_row_groups)]
    if all(s is not None and s.has_min_max for s in groups):
        moments = [m for s in groups for m in (s.min, s.max)]
    else:
        known = pq.read_table(file, columns=["time"])["time"].drop_null()
        moments = [known.to_pandas().min(), known.to_pandas().max()] if len(known) else []
    try:
        return [pd.Timestamp(m).tz_localize(None) for m in moments]
    except (ValueError, TypeError):
        raise DataError(f"{file}: the column time holds no times (first: {moments[0]!r}).") from None


def _count_file(told: Told, task: tuple[str, Path | None, State]) -> Sums:
    """Sum up one file: places in the frame, their counts, and rows read, without a time, of other categories."""
    file, kept, state = task
    if kept is not None and kept.exists():
        try:
            saved = read_arrays(kept, "sum of a file")
            return saved["places"], saved["counts"], saved["others"]
        except (DataError, KeyError) as problem:
            log.warning("%s %s is counted again.", problem, file)
    ids, starts, kinds = told
    places, counts, others = _sums(file, Tally(_grid(ids), starts, kinds))
    if _state(file)[:2] != state[:2]:
        raise DataError(f"{file} was changed while it was counted; count again when nothing writes to it.")
    if kept is not None:
        write_arrays(kept, {"places": places, "counts": counts, "others": others})
    return places, counts, others


@functools.lru_cache(maxsize=2)
def _grid(ids: bytes) -> HexGrid:
    """The grid of these cells; kept, so that a worker makes its tables once."""
    return HexGrid(np.frombuffer(ids, np.uint64))


def _sums(file: str, tally: Tally) -> Sums:
    flat = np.zeros(tally.size)
    others = np.zeros(3)
    columns = [*COLUMNS, *(["category"] if tally.kinds else [])]
    with _named(file), pq.ParquetFile(file) as parquet:
        for batch in parquet.iter_batches(batch_size=ROWS, columns=columns):
            code, undated = _codes(batch, tally)
            known = code[code >= 0]
            np.add.at(flat, known, 1.0)
            others += len(code) + undated, undated, len(code) - len(known)
    places = np.flatnonzero(flat)
    return places, flat[places], others


def _codes(batch: pa.RecordBatch, tally: Tally) -> tuple[Ints, int]:
    table = batch.to_pandas()
    dated = table["time"].notna()
    undated = int((~dated).sum())
    table = table[dated] if undated else table
    times = table["time"].dt.tz_localize(None)
    return tally.codes(times, table["lon"], table["lat"], table.get("category")), undated


def _state(file: str) -> State:
    try:
        state = Path(file).stat()
    except OSError as problem:
        raise DataError(f"{file} was deleted while it was counted: {problem.strerror}.") from None
    return state.st_size, state.st_mtime_ns, state.st_ctime_ns


def _stamp(file: str, state: State, told: Told) -> str:
    """Name the sums of a file after all that they depend on."""
    ids, starts, kinds = told
    content = (str(Path(file).resolve()), *state, starts.asi8.tolist(), kinds)
    return hashlib.sha256(repr(content).encode() + ids).hexdigest()[:32] + ".npz"
