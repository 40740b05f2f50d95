"""The inputs of a study as it uses them: read, cut down to what counts, and kept as files that can be handed on.

Of the incidents stay time, category and place of the rows that the study counts, in an order that tells nothing; of the
area its outline; of the population its counts. A run works on these kept files only, wherever they come from (the
sources, an earlier run's folder, a bundle), so that all give the same numbers.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from patrolgeo._checks import nearest
from patrolgeo.config.read_study import kept_names
from patrolgeo.config.study import DataTable, Study
from patrolgeo.errors import DataError
from patrolgeo.pipeline.counting import VAGUE
from patrolgeo.pipeline.inputs import Inputs, files_of, pin_files
from patrolgeo.pipeline.reading import said_of
from patrolgeo.pipeline.refused import not_on_cells, rules_of
from patrolgeo.pipeline.study.ground import usual_km2
from patrolgeo.pipeline.study.own_code import code_files, is_own
from patrolgeo.risk.refusals import REFUSED, SENSITIVE, TOWNSHIP_KM2, refuse_target
from patrolgeo.sources.boundaries import read_area
from patrolgeo.sources.databases import shown
from patrolgeo.sources.incidents import read_incidents
from patrolgeo.sources.population import read_population
from patrolgeo.sources.span import SPAN

CODE = "code"  # the folder of results with the author's own modules
_COLUMNS = ("time", "category", "time_precision", SPAN)


@dataclass(frozen=True)
class Kept:
    """What a study runs on: kept files by name, what the manifest tells of where they came from, and own code."""

    files: dict[str, bytes]
    told: dict[str, Any]
    folder: Path  # where own code is looked for

    def read(self, name: str) -> io.BytesIO:
        """Return a kept file to read from."""
        return io.BytesIO(self.files[name])


def gather(study: Study) -> Kept:
    """Read the sources of a study, hashed before the first is opened, and cut them down to what it uses.

    Raises
    ------
    DataError
        When a source cannot be used or changes meanwhile, or a category is unknown or not to be forecast on such cells.
    """
    pinned = pin_files(_roles(study))
    names = kept_names({"data": {name: vars(table) for name, table in study.data.items()}, "files": study.files})
    files: dict[str, bytes] = {}
    told: dict[str, Any] = {}
    for name, table in study.data.items():
        area = None if table.area is None else read_area(table.area)
        rows, told[name] = _incidents(study, name, table, area, pinned)
        files[names[name, "file"]] = as_parquet(rows)
        if area is not None:
            files[names[name, "area"]] = as_parquet(gpd.GeoDataFrame(geometry=area.geometry.reset_index(drop=True)))
        if table.population is not None:
            people = read_population(table.population)[["population", "geometry"]]
            files[names[name, "population"]] = as_parquet(people.reset_index(drop=True))
    for key, path in study.files.items():
        files[names["", key]] = path.read_bytes()
        told[f"files.{key}"] = pinned.of(f"files.{key}")
    files |= _own_code(study)
    pinned.check_unchanged()
    return Kept(files, told, study.path.parent.resolve())


def _roles(study: Study) -> dict[str, list[Path]]:
    """Return every file that a study reads, by what it is for."""
    roles: dict[str, list[Path]] = {}
    for name, table in study.data.items():
        roles |= {f"{name} {key}": files_of(path) for key, path in table.files.items()}
    return roles | {f"files.{key}": [path] for key, path in study.files.items()}


def _own_code(study: Study) -> dict[str, bytes]:
    home = study.path.parent.resolve()
    files = [file for use in study.named if is_own(use) for file in code_files(use, home)]
    return {f"{CODE}/{file.relative_to(home).as_posix()}": file.read_bytes() for file in files}


def _incidents(
    study: Study, name: str, table: DataTable, area: gpd.GeoDataFrame | None, pinned: Inputs
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the rows that count, and what the manifest tells of the source: files, ledger, and what did not count."""
    source = table.reading
    said = said_of(study.path, f"data.{name}", source, reader="incidents")
    rows, ledger = read_incidents(source.file, **said, area=area, places=source.gazetteer, return_ledger=True)
    reason = _reasons(study, name, table, rows)
    used = rows[reason == ""]
    if used.empty:
        raise DataError(f"{study.path}: data.{name}: no incident is left to count.")
    named = {key: pinned.of(f"{name} {key}") for key in table.files}
    not_counted = {str(key): int(n) for key, n in reason[reason != ""].value_counts().sort_index().items()}
    told = {"file": shown(source.file), **named.pop("file", {}), **named, "datum": source.datum, **ledger.to_dict()}
    told |= {"not_counted": not_counted, "used": len(used)}
    if ledger.warnings:
        told["notes"] = [str(note) for note in ledger.warnings]
    return plain_rows(used), told


def _reasons(study: Study, name: str, table: DataTable, rows: gpd.GeoDataFrame) -> pd.Series:
    """Return for each row why it does not count, "" where it does."""
    cell_km2 = min(map(usual_km2, table.units))
    category = rows["category"].astype(str)
    if table.category is None:
        reason = not_on_cells(rows, cell_km2, table.officer_kinds)
    else:
        _check_categories(study, name, table.category, rows, cell_km2)
        reason = pd.Series("", index=rows.index).mask(~category.isin(table.category), "other_category")
        if "origin" in rows:
            reason = reason.mask((rows["origin"] == "officer") & (reason == ""), "officer_initiated")
    vague = rows["precision"].isin(VAGUE) if "precision" in rows else pd.Series(False, index=rows.index)
    return reason.mask(vague & (reason == ""), "vague_place")


def _check_categories(study: Study, name: str, wanted: list[str], rows: gpd.GeoDataFrame, cell_km2: float) -> None:
    """Raise for a category that no row has, or that must not be forecast on cells of this size."""
    where, rules = f"{study.path}: data.{name}.category", rules_of(rows)
    for category in wanted:
        if category not in rules.index:
            raise DataError(f"{where}: no incident is a {category!r}{nearest(category, rules.index)}")
        try:
            refuse_target(category, cell_km2)
        except DataError as problem:
            raise DataError(f"{where}: {problem}") from None
        if rules[category] == REFUSED or (rules[category] == SENSITIVE and cell_km2 < TOWNSHIP_KM2):
            raise DataError(f"{where}: {category!r} is not counted below township level; take it out of the study.")


def plain_rows(rows: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return time, category and place of the rows in an order that is the same however the source was sorted."""
    table = pd.DataFrame({column: rows[column] for column in _COLUMNS if column in rows})
    for column in table.columns.drop("time"):
        table[column] = table[column].astype("str")
    table["lon"], table["lat"] = rows.geometry.x, rows.geometry.y
    return table.sort_values(list(table.columns), kind="stable", ignore_index=True)


def as_parquet(table: pd.DataFrame) -> bytes:
    """Return a table as the bytes of a Parquet file."""
    stream = io.BytesIO()
    table.to_parquet(stream, index=False)
    return stream.getvalue()


def incidents_of(kept: Kept, file: str) -> gpd.GeoDataFrame:
    """Return the incidents of a kept file as points."""
    return as_points(pd.read_parquet(kept.read(file)))


def as_points(table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return kept rows as points."""
    table = table.copy()
    points = gpd.points_from_xy(table.pop("lon"), table.pop("lat"), crs="EPSG:4326")
    return gpd.GeoDataFrame(table, geometry=points)


def with_code(kept: Kept, folder: Path) -> Kept:
    """Return the kept files with own code laid out in `folder`, so that it can be imported from there."""
    for name, content in kept.files.items():
        if name.startswith(f"{CODE}/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    return replace(kept, folder=folder / CODE)
