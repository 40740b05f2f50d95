"""The steps that incidents and calls share: open a table as its preset says, and find the place of every row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._typing import Bools
from patrolgeo.errors import MissingColumnError
from patrolgeo.sources.addresses import Located, find_address_column, locate_texts, note_addresses, open_places
from patrolgeo.sources.choice import Part
from patrolgeo.sources.columns import HeaderWords, check_needed, known_names, listed, match_columns, rename_columns
from patrolgeo.sources.complete import complete_columns
from patrolgeo.sources.gazetteer import place_names
from patrolgeo.sources.heaps import report_mapping
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.names import compare_names
from patrolgeo.sources.outliers import warn_of_outliers, warn_of_shift
from patrolgeo.sources.persons import drop_persons
from patrolgeo.sources.positions import Points, clip, locate
from patrolgeo.sources.presets import Preset, recognised
from patrolgeo.sources.tables import open_table
from patrolgeo.words.note import Note

ADDRESS = "_address_"  # what the columns of located addresses begin with


def open_rows(
    part: Part,
    *,
    keep: Iterable[str] = (),
    needed: tuple[str, ...] = (),
    placed: bool = False,
) -> tuple[Any, Ledger, Preset]:
    """Return the rows of a part with their columns named and without those that identify persons, and the ledger.

    The rules come back too: with nothing said of columns, a header that fits a preset is read by it, and columns
    without a known name are found by their values. `placed` says that rows get their place otherwise.
    """
    rules, columns = part.rules, part.columns
    words = HeaderWords({**rules.columns, **(columns or {})})
    asked = {name: part.choice[name] for name in ("layer", "table", "sql") if name in part.choice}
    raw, ledger = open_table(part.source, rules.kind, words=words, encoding=rules.encoding, **asked)
    ledger.source = part.name or ledger.source
    if not (rules.columns or columns):
        rules = recognised(rules, raw.columns, ledger)
    chosen = match_columns(raw, rules.kind, ledger, columns=columns, preset=rules.columns or None)
    if rules.kind == "incidents":
        chosen = complete_columns(raw, chosen, ledger, placed=placed or part.addressed)
    check_needed(raw, chosen, needed, ledger)
    address = chosen.pop("address", None)
    located = _addressed(raw, address, part, ledger) if part.addressed else {}
    raw = rename_columns(raw, chosen, ledger).assign(**located)
    fields = {*known_names(rules.kind), *located} - {"address"}
    raw = drop_persons(raw, ledger, fields)
    spare = [c for c in raw.columns if c not in {*fields, *keep, "geometry"}]
    if spare:
        ledger.noted("columns_left_out", detail=Note("detail_columns_left_out", {"columns": ", ".join(spare)}))
    return raw, ledger, rules


def _addressed(raw: Any, column: str | None, part: Part, ledger: Ledger) -> dict[str, Any]:
    """Return the points and precision of the rows' addresses, before the addresses themselves are dropped."""
    name = column or find_address_column(raw)
    if name is None:
        raise MissingColumnError(
            f"{ledger.source}: no column holds addresses; it has: {listed(raw)}. Name it: columns={{'address': '...'}}."
        )
    places = open_places(part.choice.get("streets"), part.choice.get("address_points"))
    located = locate_texts(raw[name], places)
    found = {"lon": located.lon, "lat": located.lat, "precision": located.precision, "reason": located.reason}
    return {f"{ADDRESS}{key}": value for key, value in found.items()}


def _use_addresses(table: pd.DataFrame, raw: Any, points: Points, ledger: Ledger) -> Bools:
    """Give rows without coordinates the place of their address; return the rows that stand on an address point."""
    asked = ~points.known & ledger.alive
    lon, lat = (raw[f"{ADDRESS}{axis}"].to_numpy(float) for axis in ("lon", "lat"))
    precision, reason = raw[f"{ADDRESS}precision"], raw[f"{ADDRESS}reason"]
    note_addresses(Located(lon, lat, precision, reason), asked, ledger)
    use = asked & np.isfinite(lon)
    points.lon[use], points.lat[use] = lon[use], lat[use]
    own = table["precision"] if "precision" in table.columns else pd.Series("exact", index=table.index)
    table["precision"] = own.where(~use, precision)
    return use & (precision == "exact").to_numpy()


def find_places(
    table: pd.DataFrame, raw: Any, ledger: Ledger, rules: Preset, areas: Any, places: Any
) -> tuple[Points, Bools]:
    """Return the points of the rows and which have one of their own; rows without a place are set aside.

    With a gazetteer `table` gets `precision` and `place`; with areas the points outside them are set aside.
    """
    shape = None if areas is None else areas.geometry.union_all()
    addressed = f"{ADDRESS}lon" in raw.columns
    points = locate(raw, ledger, rules.kind, rules.datum, shape, optional=places is not None or addressed)
    exact = points.known.copy()
    if addressed:
        exact |= _use_addresses(table, raw, points, ledger)
    if places is not None:
        level, name = place_names(raw, points, places, ledger)
        own = table["precision"] if "precision" in table.columns else "exact"
        table["precision"] = level.where(level.notna(), own)
        table["place"] = name
    report_mapping(ledger, points.known, table["category"], raw.get("township"))
    points.reject(ledger)
    if shape is not None:
        compare_names(raw, points, areas, ledger)
        rows = ledger.alive & points.known
        outside = clip(points, shape, ledger)
        warn_of_shift(points.lon[rows], points.lat[rows], outside[rows], shape, ledger)
    else:
        warn_of_outliers(points, ledger)
    return points, exact
