"""Lists of tasks as files: those that were issued, and what came back of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import check_columns
from patrolgeo._typing import Bools
from patrolgeo.sources.columns import known_names, name_columns
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.numbers import read_numbers
from patrolgeo.sources.persons import drop_persons
from patrolgeo.sources.positions import locate
from patrolgeo.sources.tables import open_table
from patrolgeo.sources.times import parse_times, text_of
from patrolgeo.tasks.task_list import COLUMNS

YES = ("yes", "y", "true", "1", "1.0", "x", "done", "是", "已完成", "完成", "√")
NO = ("no", "n", "false", "0", "0.0", "not done", "否", "未完成", "×")
ACTIVITIES = {
    "talk": ("talk", "talked", "交谈", "走访"), "advice": ("advice", "advised", "宣传", "防范提醒"),
    "open_doors": ("open doors", "open doors found", "open_doors", "门窗未关", "发现门未锁"),
    "search": ("search", "searched", "搜查", "清查"), "presence": ("presence", "驻守", "巡逻"),
    "other": ("other", "其他"),
}  # fmt: skip
REASONS = {
    "called_away": ("called away", "called_away", "call", "出警", "处警"), "no_unit": ("no unit", "no_unit", "无警力"),
    "road_closed": ("road closed", "road_closed", "道路不通"), "weather": ("weather", "天气"),
    "no_time": ("no time", "no_time", "时间不足"), "other": ("other", "其他"),
}  # fmt: skip


def read_tasks(source: Any, *, columns: Mapping[str, str] | None = None, return_ledger: bool = False) -> Any:
    """Which tasks were issued? Reads back the list that `write_tasks` wrote, or one of your own.

    Parameters
    ----------
    source
        Table, CSV or workbook with ``task``; and where known ``kind, start, shift, area, unit, order, place, cell,
        minutes, lon, lat``. Columns that tell of persons are dropped and counted, further ones left out.
    columns
        Names of columns by field.
    return_ledger
        Return the ledger too.

    Returns
    -------
    DataFrame as `make_tasks` gives it. The first row of an id counts, its repeats are set aside.

    Raises
    ------
    MissingColumnError
        When there is no column `task`.
    DataError, MissingFileError
        When the file cannot be read, or no row has an id.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import read_tasks
    >>> read_tasks(pd.DataFrame({"task": ["S-1", "S-2", "S-2"], "minutes": 12}))[["task", "minutes"]]
      task  minutes
    0  S-1     12.0
    1  S-2     12.0
    """
    raw, ledger, task = _open(source, columns)
    ledger.reject(task.duplicated(), "repeated_task")
    rows = raw.reindex(columns=list(COLUMNS)).assign(task=task)
    rows["start"] = _times(raw, ledger)
    rows["minutes"] = _numbers(raw, "minutes", ledger)
    points = locate(raw, ledger, "tasks", optional=True)
    rows["lon"], rows["lat"] = points.lon, points.lat
    for name in ("kind", "shift", "area", "unit", "place", "cell"):
        rows[name] = text_of(rows[name])
    return ledger.finish(ledger.close(pd.DataFrame(rows), "tasks"), return_ledger)


def read_reports(
    source: Any, tasks: pd.DataFrame, *, columns: Mapping[str, str] | None = None, return_ledger: bool = False
) -> Any:
    """What came back of the tasks: issued, taken, done, how long, what was done there, and why not?

    Places and units only: answers are words of short lists, so that nobody is named. Other words count as "other" and
    are not kept.

    Parameters
    ----------
    source
        The sheet of `write_tasks` as it came back, or a table with ``task`` and some of ``issued, taken, done,
        minutes_done, activity, reason``: yes or no; minutes; talk, advice, open doors, search, presence, other (several
        with semicolons); called away, no unit, road closed, weather, no time, other; in English or Chinese.
    tasks
        As `make_tasks` or `read_tasks` gives them.
    columns
        Names of columns by field.
    return_ledger
        Return the ledger too.

    Returns
    -------
    DataFrame with a row a task of `tasks`, by its labels: `task`, `issued`, `taken`, `reported`, `done` (booleans),
    `minutes_done`, `activity`, `reason`. A task is issued unless the sheet says no; reported when done was answered,
    and what is reported was taken. The last row of a task counts; rows of unknown tasks are set aside.

    Raises
    ------
    MissingColumnError
        When there is no column `task`.
    DataError, MissingFileError
        When the file cannot be read, or none of its rows is a task that was issued.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import read_reports
    >>> tasks = pd.DataFrame({"task": ["S-1", "S-2", "S-3"]})
    >>> came = pd.DataFrame({"task": ["S-2", "S-1"], "done": ["no", "yes"], "reason": ["called away", None],
    ...                      "activity": [None, "talk; open doors"]})
    >>> read_reports(came, tasks)[["task", "reported", "done", "activity", "reason"]]
      task  reported   done         activity       reason
    0  S-1      True   True  talk;open_doors          NaN
    1  S-2      True  False              NaN  called_away
    2  S-3     False  False              NaN          NaN
    """
    check_columns(tasks, ["task"], "tasks")
    raw, ledger, task = _open(source, columns)
    ledger.reject(~task.isin(tasks["task"].astype(str)), "unknown_task")
    ledger.reject(task[ledger.alive].duplicated(keep="last").reindex(task.index, fill_value=False), "repeated_task")
    said = {name: _yes(raw, name, ledger) for name in ("issued", "taken", "done")}
    minutes = _numbers(raw, "minutes_done", ledger)
    rows = pd.DataFrame({
        "task": task, "issued": said["issued"] != 0, "taken": (said["taken"] == 1) | (said["done"] >= 0),
        "reported": said["done"] >= 0, "done": said["done"] == 1, "minutes_done": minutes,
        "activity": _words(raw, "activity", ACTIVITIES, ledger), "reason": _words(raw, "reason", REASONS, ledger),
    })  # fmt: skip
    came = ledger.close(rows, "rows").set_index("task").reindex(tasks["task"].astype(str))
    for name, usual in (("issued", True), ("taken", False), ("reported", False), ("done", False)):
        came[name] = came[name].astype("boolean").fillna(usual).astype(bool)
    return ledger.finish(came.reset_index().set_axis(tasks.index), return_ledger)


def _open(source: Any, columns: Mapping[str, str] | None) -> tuple[Any, Ledger, pd.Series]:
    """Return the rows with their fields named and nothing of persons, and the id of each; rows without one go."""
    raw, ledger = open_table(source, "tasks")
    raw = name_columns(raw, "tasks", ledger, columns=columns, needed=("task",))
    raw = drop_persons(raw, ledger, set(known_names("tasks")), crew=True)
    task = text_of(raw["task"]).str.removeprefix("'")
    ledger.reject(task.isna(), "missing_task")
    return raw, ledger, task


def _times(raw: Any, ledger: Ledger) -> Any:
    if "start" not in raw:
        return np.full(len(raw), np.datetime64("NaT", "us"))
    return parse_times(raw["start"], f"{ledger.source}, start").values.astype("datetime64[us]")


def _numbers(raw: Any, name: str, ledger: Ledger) -> Any:
    if name not in raw:
        return np.full(len(raw), np.nan)
    minutes = read_numbers(raw[name], f"{ledger.source}, {name}").values
    return np.where(np.isfinite(minutes) & (minutes >= 0), minutes, np.nan)


def _yes(raw: Any, name: str, ledger: Ledger) -> Any:
    """Return 1 for yes, 0 for no, -1 where nothing, or nothing that can be read, was answered."""
    if name not in raw:
        return np.full(len(raw), -1)
    said = text_of(raw[name]).str.lower()
    yes, no = said.isin(YES).to_numpy(), said.isin(NO).to_numpy()
    _note(ledger, said.notna().to_numpy() & ~yes & ~no)
    return np.where(yes, 1, np.where(no, 0, -1))


def _words(raw: Any, name: str, known: Mapping[str, tuple[str, ...]], ledger: Ledger) -> pd.Series:
    """Return the answers as words of a list, several joined by semicolons; what is not in the list is "other"."""
    if name not in raw:
        return pd.Series(np.nan, raw.index, dtype="str")
    codes = {word: code for code, words in known.items() for word in words}
    parts = text_of(raw[name]).str.lower().str.split(r"\s*[;；,，、/]\s*", regex=True).explode()
    told = parts.map(codes)
    strange = parts.notna() & (parts != "") & told.isna()
    _note(ledger, strange.groupby(level=0).any().reindex(raw.index).to_numpy(bool))
    told = told.mask(strange, "other").dropna()
    return told.groupby(level=0).agg(lambda words: ";".join(dict.fromkeys(words))).reindex(raw.index)


def _note(ledger: Ledger, strange: Bools) -> None:
    if (strange & ledger.alive).any():
        ledger.repaired("strange_answer", strange & ledger.alive)
