"""What the files in a folder are for: found by what they hold, their names decide only between like and like."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from patrolgeo.errors import MissingColumnError, PatrolgeoError
from patrolgeo.pipeline.kept import names_of_today
from patrolgeo.sources.calls import read_calls
from patrolgeo.sources.columns import match_columns
from patrolgeo.sources.forces import read_forces
from patrolgeo.sources.incidents import read_incidents
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.osm import is_osm
from patrolgeo.sources.places import read_places
from patrolgeo.sources.population import read_population
from patrolgeo.sources.tables import open_table

# words in the name of a file, where its content could be several things
_AREA = r"area|boundary|limits|outline|extent|city|county|范围|边界|县界|市界"
_LEFT_OUT = r"exclu|airport|base|military|lake|water|机场|营区|军事|水域"
_BARRIER = r"river|rail|barrier|canal|stream|河|铁路"
_EXISTING = r"checkpoint|卡点|检查站"
_CROSSING = r"cross|border|gate|出入口|界口"
MANY = 200  # polygons beyond which a layer is no division into patrol areas
SKIPPED = (".toml", ".json", ".html", ".md", ".txt", ".py", ".lock")


@dataclass
class Guess:
    """What one file is for: its role, the keys that reading it needs, the table; without a role, why not."""

    path: Path
    role: str = ""
    keys: dict[str, Any] = field(default_factory=dict)
    table: Any = None
    why: str = ""

    @property
    def told(self) -> str:
        """What the file is for, or why it is not used, in one line."""
        reason = " ".join(self.why.split()).split("; it has")[0][:160]
        return f"{self.path.name}: {f'[{self.role}]' if self.role else f'not used: {reason}'}"


def guess_files(folder: Path) -> list[Guess]:
    """Return what each file of a folder is for, one file a role; the others say why they are not used."""
    files = [p for p in sorted(folder.iterdir()) if p.is_file() and not p.name.lower().endswith(SKIPPED)]
    guesses = [_guess(path) for path in files if not path.name.startswith(".")]
    _settle_people(guesses)
    _settle_polygons(guesses)
    taken: dict[str, Guess] = {}
    for guess in guesses:
        if guess.role in taken and guess.role != "exclude":
            guess.why, guess.role = f"[{guess.role}] takes one file, and {taken[guess.role].path.name} came first.", ""
        elif guess.role:
            taken[guess.role] = guess
    _find_gazetteer(taken)
    return guesses


def _guess(path: Path) -> Guess:
    if is_osm(path):
        return Guess(path, "roads")
    try:
        table, _ = open_table(path, "a file")
    except PatrolgeoError as problem:
        return Guess(path, why=str(problem))
    if isinstance(table, gpd.GeoDataFrame):
        kinds = set(table.geom_type.dropna())
        if kinds <= {"LineString", "MultiLineString"}:
            return Guess(path, "barriers" if _says(path, _BARRIER) else "roads", table=table)
        if kinds <= {"Polygon", "MultiPolygon"}:
            return _polygons(path, table)
    return _points(path, table)


def _polygons(path: Path, table: gpd.GeoDataFrame) -> Guess:
    found = _try("population", path, read_population)
    if found.role and len(table) > 1 and not _says(path, _AREA):
        return found
    if _says(path, _LEFT_OUT):
        return Guess(path, "exclude", table=table)
    return Guess(path, "polygons", table=table)


def _settle_people(guesses: list[Guess]) -> None:
    """Take the people from the finest file; coarser polygons with people may be the areas of today."""
    layers = [g for g in guesses if g.role == "population"]
    finest = max(layers, key=lambda g: len(g.table), default=None)
    for guess in layers:
        if guess is not finest:
            polygons = set(guess.table.geom_type) <= {"Polygon", "MultiPolygon"}
            guess.role, guess.why = ("polygons", "") if polygons else ("", "[population] takes one file, the finest.")


def _find_gazetteer(taken: dict[str, Guess]) -> None:
    """Name the villages as a gazetteer where they place incidents that have no coordinates."""
    incidents, people = taken.get("incidents"), taken.get("population")
    if (
        incidents is None
        or people is None
        or "name" not in people.table
        or not (people.table.geom_type == "Point").all()
    ):
        return
    placed = read_incidents(incidents.path, places=people.path, **incidents.keys)
    if len(placed) > len(incidents.table):
        incidents.keys["gazetteer"] = people.path.name


def _settle_polygons(guesses: list[Guess]) -> None:
    """Tell the study area, today's areas and villages apart: by name, else by how many polygons there are."""
    layers = sorted((g for g in guesses if g.role == "polygons"), key=lambda g: len(g.table))
    area = next((g for g in layers if _says(g.path, _AREA) and len(g.table) <= MANY), None)
    area = area or next((g for g in layers if len(g.table) == 1), None)
    others = [g for g in layers if g is not area]
    for guess in layers:
        coarsest = guess is others[0] if others else False
        guess.role = "area" if guess is area else "current" if coarsest and len(guess.table) <= MANY else "units"
        if guess.role == "current" and "name" not in guess.table:
            names = names_of_today(guess.table)
            telling = [
                c for c in guess.table if c != guess.table.geometry.name and guess.table[c].astype(str).equals(names)
            ]
            guess.keys = {"name": str(telling[0])} if telling else {}


def _points(path: Path, table: pd.DataFrame) -> Guess:
    fields = {role: set(match_columns(table, role, Ledger(path.name, table.index))) for role in
              ("calls", "population", "forces")}  # fmt: skip
    stands = next(
        (role for role, words in (("existing", _EXISTING), ("crossings", _CROSSING)) if _says(path, words)), None
    )
    if stands is not None:
        return _try(stands, path, read_places)
    if "received" in fields["calls"] and fields["calls"] & {"dispatched", "arrived", "cleared"}:
        return _try("calls", path, read_calls)
    if fields["forces"] & {"shift", "vehicles", "base"}:
        return _try("forces", path, read_forces)
    if "population" in fields["population"]:
        return _try("population", path, read_population)
    tried = [_try("incidents", path, read_incidents), _try("places", path, read_places)]
    return next((guess for guess in tried if guess.role), tried[0])


def _says(path: Path, words: str) -> bool:
    return re.search(words, path.stem, re.IGNORECASE) is not None


def _try(role: str, path: Path, reader: Any) -> Guess:
    """Return the file in a role when its reader takes it, with the columns that it asks to be named."""
    try:
        return Guess(path, role, table=reader(path))
    except MissingColumnError as problem:
        if not problem.proposed:
            return Guess(path, why=str(problem))
        columns, why = dict(problem.proposed), str(problem)
    except PatrolgeoError as problem:
        return Guess(path, why=str(problem))
    try:
        return Guess(path, role, {"columns": columns}, reader(path, columns=columns))
    except PatrolgeoError:
        return Guess(path, why=why)
