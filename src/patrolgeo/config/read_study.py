"""From the text of a study file to a `Study`, checked; and the names of what its results keep."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from patrolgeo._checks import check_choice
from patrolgeo.config.study import UNITS, DataTable, Study
from patrolgeo.errors import DataError
from patrolgeo.files import check_file
from patrolgeo.toml_tables import build, read_toml

KEPT = "data"  # the folder of a study's results with the rows that it used
_MANY = ("category", "units", "freq", "window", "horizon")  # one, or a list of which each makes a set


def read_study(path: str | Path, *, kept: bool = False) -> Study:
    """Read and check a study file.

    Parameters
    ----------
    path
        TOML file.
    kept
        Whether it runs on what an earlier run kept, in place of the files that it names.

    Raises
    ------
    DataError
        Unknown key, wrong type, impossible value, two names alike; the message names the key.
    MissingFileError
        A named file does not exist.
    """
    path = check_file(path, "study file")
    content = read_toml(path, "study file")
    for key in ("data", "models", "tables", "test"):
        _lists(content.get(key), key)
    if kept:
        _use_kept(content)
    study: Study = replace(build(Study, content, path), path=path)
    _check_study(study, path)
    if not kept:
        _check_files(study)
    return study


def _lists(part: Any, key: str) -> None:
    """Make lists of what may be one or several."""
    tables = part.values() if key == "data" and isinstance(part, Mapping) else [part]
    for table in tables:
        for name in _MANY if isinstance(table, dict) and key in ("data", "test") else ():
            if name in table and not isinstance(table[name], list):
                table[name] = [table[name]]


def kept_names(study: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """Return where the results keep each file that a study names, by (table, key); `study` maps data and files."""
    named = {}
    for number, (name, table) in enumerate(study.get("data", {}).items(), start=1):
        for key in ("file", "area", "population"):
            if table.get(key) is not None:
                named[name, key] = f"{KEPT}/{number:02d}-{slug(name)}-{key}.parquet"
    for number, (name, file) in enumerate(study.get("files", {}).items(), start=1):
        named["", name] = f"{KEPT}/file-{number:02d}-{slug(name)}{''.join(Path(str(file)).suffixes)[-12:]}"
    return named


def _use_kept(content: dict[str, Any]) -> None:
    """Put the kept files in place of the named ones; how those were read is done and goes."""
    named = kept_names(content)
    for name, table in content.get("data", {}).items():
        used = {key: value for key, value in table.items() if key in _MANY}
        content["data"][name] = used | {key: file for (data, key), file in named.items() if data == name}
    content.get("files", {}).update({key: file for (data, key), file in named.items() if data == ""})


def slug(name: str) -> str:
    """Return a name as part of a file name: letters, digits, at most 40.

    Examples
    --------
    >>> slug("New York: robbery, 28D")
    'new-york-robbery-28d'
    """
    return re.sub(r"[\W_]+", "-", name.casefold()).strip("-")[:40]


def _check_study(study: Study, path: Path) -> None:
    """Check what one key asks of another."""
    for kind in ("data", "models", "tables", "files"):
        _check_names(getattr(study, kind), f"{path}: [{kind}]")
    if study.compare.reference is not None:
        check_choice(study.compare.reference, study.models, f"{path}: compare.reference")
    if (study.models and not study.data) or not (study.models or study.tables):
        raise DataError(f"{path}: a study needs [data.NAME] and [models.NAME], or [tables.NAME].")
    for kind in ("models", "tables"):
        for name, entry in getattr(study, kind).items():
            if not isinstance(entry.get("use"), str):
                raise DataError(f'{path}: [{kind}.{name}] must say what it uses: use = "HistoricalMean".')
    for name, table in study.data.items():
        _check_table(study, name, table)
    _check_names([one.name for one in study.sets], f"{path}: the sets")


def _check_files(study: Study) -> None:
    """Raise when a file that is named is not there."""
    for name, table in study.data.items():
        for key, file in table.files.items():
            check_file(file, f"[data.{name}] {key}")
    for key, file in study.files.items():
        check_file(file, f"[files] {key}")


def _check_table(study: Study, name: str, table: DataTable) -> None:
    where = f"{study.path}: data.{name}"
    if table.area is None and study.models:
        raise DataError(f'{where} lacks the study area: area = "boundary.geojson".')
    table.check(f"data.{name}", study.path)
    for units in table.units:
        if UNITS.fullmatch(units) is None:
            raise DataError(
                f'{where}.units = {units!r} must name hexagons by resolution or squares by side, such as "h3:9", '
                '"square:150m" or "square:600ft".'
            )


def _check_names(names: Iterable[str], where: str) -> None:
    """Raise when two names are alike but for case, blanks and signs, or one shows nothing."""
    seen: dict[str, str] = {}
    for name in names:
        plain = "".join(name.casefold().split())
        if not plain or not name.isprintable():
            raise DataError(f"{where}: the name {name!r} must have letters that can be printed.")
        if plain in seen:
            raise DataError(f"{where}: the names {seen[plain]!r} and {name!r} are alike; give each its own.")
        seen[plain] = name
