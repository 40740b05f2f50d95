"""What each sheet says, line by line, from the numbers of the plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo.pages.sheets.ground import Mark
from patrolgeo.pages.sheets.paper import Line
from patrolgeo.pages.sheets.printed import Printed, Shift
from patrolgeo.words.messages import number, say

BAR, BLOCKS = 12, "▏▎▍▌▋▊▉█"  # longest bar of an hour, in signs; signs of one to eight eighths
LONG = ("sheet_roads", "sheet_villages", "sheet_stops")


def called(row: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """Return an area as it is called: name and call sign."""
    code = row.get("radio_code")
    name = str(row["name"])
    return name if code is None or pd.isna(code) else say(words, "sheet_called", name=name, code=code)


def shift_name(shift: Shift, words: Mapping[str, str]) -> str:
    """Return the name of a shift, with its hours; "all day" where the plan knows no shifts."""
    name = words["sheet_routes_shift"] if shift == Shift("routes") else words.get(f"shift_{shift.name}", shift.name)
    return f"{name} {shift.hours}".strip() if shift.name else words["shift_all"]


def of_area(printed: Printed, layer: str, area: int) -> gpd.GeoDataFrame | None:
    """Return the rows of a layer in one area."""
    table = printed.layer(layer)
    if table is None or not len(table):
        return None
    mine = table[table["area"] == area]
    return mine if len(mine) else None


def posts_of(printed: Printed, area: int, shift: Shift) -> gpd.GeoDataFrame | None:
    """Return the posts of an area that are staffed in a shift."""
    posts = of_area(printed, "posts", area)
    return None if posts is None or not shift.name else posts[posts["shift"].astype(str) == shift.name]


def stops_of(printed: Printed, area: int, shift: Shift, day: str | None) -> gpd.GeoDataFrame | None:
    """Return the stops of a day in an area that begin in a shift; those of no shift where the sheet is for them."""
    name = "day_stops" if day is None else "stops"
    stops = of_area(printed, name, area)
    if stops is None:
        return None
    stops = stops if day is None else stops[stops["day"].astype(str) == day]
    known = [one for one in printed.shifts if one != Shift("routes")]
    rest = shift == Shift("routes")
    holds = [(not any(o.holds(t) for o in known)) if rest else shift.holds(t) for t in stops["from"]]
    return stops[np.array(holds, bool)]


def marks_of(printed: Printed, area: int, shift: Shift, day: str | None) -> list[Mark]:
    """Return what has a code on the map of an area in a shift."""
    words = printed.edition.table
    return [
        *_marks(posts_of(printed, area, shift), words["sheet_post_code"], "s", "rank"),
        *_marks(of_area(printed, "checkpoints", area), words["sheet_checkpoint_code"], "^", "rank"),
        *_marks(of_area(printed, "sites", area), words["sheet_site_code"], "D", "rank"),
        *_marks(stops_of(printed, area, shift, day), "{n}", "o", "id"),
    ]


def _marks(table: gpd.GeoDataFrame | None, pattern: str, sign: str, column: str) -> Iterator[Mark]:
    if table is None:
        return
    once = table.assign(_x=table.geometry.x, _y=table.geometry.y)
    codes = stop_codes(once) if column == "id" else once[column].astype(str)
    for x, y, code in zip(once["_x"], once["_y"], codes, strict=True):
        yield Mark(float(x), float(y), pattern.replace("{n}", code), sign)


def stop_codes(stops: pd.DataFrame) -> pd.Series:
    """Return the short code of each stop: unit and order."""
    return stops["unit"].astype(str) + "-" + stops["order"].astype(str).str.zfill(2)


def area_lines(printed: Printed, area: int, shift: Shift, day: str | None) -> list[Line]:
    """Return what the sheet of an area and shift says beside its map."""
    words = printed.edition.table
    row = printed.layers["areas"].set_index("area", drop=False).loc[area]
    parts = {
        "sheet_border": _known(row.get("spoken_border")),
        "sheet_posts": _posts(posts_of(printed, area, shift), words),
        "sheet_checkpoints": _checkpoints(of_area(printed, "checkpoints", area), words),
        "sheet_sites": _sites(of_area(printed, "sites", area), words),
        "sheet_stops": _stops(printed, stops_of(printed, area, shift, day), words),
        "sheet_minutes": _minutes(printed.summary, row, words),
        "sheet_by_hour": _by_hour(printed.summary, area, shift, words),
        "sheet_peaks": _hours(of_area(printed, "hot_spots", area), words),
        "sheet_why": _why(printed, row, words),
        "sheet_neighbours": _neighbours(printed, area, words),
        "sheet_calls": _calls(words),
        "sheet_roads": _names(of_area(printed, "roads", area), words),
        "sheet_villages": _names(of_area(printed, "villages", area), words),
    }
    return headed(parts, words)


def headed(parts: Mapping[str, Iterable[str]], words: Mapping[str, str]) -> list[Line]:
    """Return the parts that say something, each under its heading."""
    lines = []
    for key, texts in parts.items():
        told = [Line(text, "small" if key in LONG else "text") for text in texts if text]
        lines += [Line(words[key], "head"), *told] if told else []
    return lines


def _known(value: Any) -> list[str]:
    return [] if value is None or pd.isna(value) else [str(value)]


def _names(table: gpd.GeoDataFrame | None, words: Mapping[str, str]) -> list[str]:
    if table is None or "name" not in table:
        return []
    return [words["sheet_list"].join(dict.fromkeys(str(n) for n in table["name"].dropna() if str(n)))]


def _posts(posts: gpd.GeoDataFrame | None, words: Mapping[str, str]) -> Iterator[str]:
    for row in _rows(posts):
        kind, force = words.get(row["kind"], row["kind"]), words.get(f"force_{row['force']}", row["force"])
        yield say(words, "sheet_post", n=row["rank"], name=row["name"], kind=kind, force=force, hours=row["hours"],
                  people=row["people"])  # fmt: skip


def _checkpoints(table: gpd.GeoDataFrame | None, words: Mapping[str, str]) -> Iterator[str]:
    for row in _rows(table):
        grade, road = row.get("grade", "normal"), _text(row.get("road")) or "–"
        yield say(words, "sheet_checkpoint", n=row["rank"], name=_text(row.get("name")), road=road,
                  grade=words.get(f"grade_{grade}", grade))  # fmt: skip


def _sites(table: gpd.GeoDataFrame | None, words: Mapping[str, str]) -> Iterator[str]:
    for row in _rows(table):
        kind = words.get(row["kind"], row["kind"])
        yield say(words, "sheet_site", n=row["rank"], name=_text(row.get("name")), kind=kind)


def _stops(printed: Printed, stops: gpd.GeoDataFrame | None, words: Mapping[str, str]) -> Iterator[str]:
    if stops is None or not len(stops):
        return
    yield say(words, "sheet_stops_day", day=stops["day"].iloc[0])
    near = _near(printed, stops)
    for row, code, place in zip(_rows(stops), stop_codes(stops), near, strict=True):
        yield say(words, "sheet_stop", code=code, begin=row["from"], end=row["to"], place=place,
                  what=words.get(f"activity_{row['activity']}", row["activity"]))  # fmt: skip


def _near(printed: Printed, stops: gpd.GeoDataFrame) -> list[str]:
    """Return what each stop is called: its own name, or that of the nearest village, or its cell."""
    villages, names = printed.layer("villages"), [_text(name) for name in stops["name"]]
    if villages is None or "name" not in villages:
        return [name or str(place) for name, place in zip(names, stops["place"], strict=True)]
    at = shapely.STRtree(villages.geometry.to_numpy()).query_nearest(stops.geometry.to_numpy(), all_matches=False)[1]
    return [name or str(village) for name, village in zip(names, villages["name"].to_numpy()[at], strict=True)]


def _minutes(summary: Mapping[str, Any], row: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[str]:
    if row.get("mean_minutes") is not None:
        yield say(words, "sheet_travel", mean=float(row["mean_minutes"]), worst=float(row["worst_minutes"]))
    for told in summary.get("response", {}).get("by_area", ()):
        if told["area"] == row["name"] and told["proposed"] is not None:
            yield say(words, "sheet_response", now=told["proposed"])


def _by_hour(
    summary: Mapping[str, Any], area: int, shift: Shift, words: Mapping[str, str]
) -> Iterator[str]:  # fmt: skip
    """Yield what is expected in the hours of a shift, and a bar an hour; the area's busiest of 24 is the longest."""
    told = {row["area"]: row.get("by_hour") for row in summary.get("areas", {}).get("by_area", ())}.get(area)
    if not told or shift == Shift("routes"):
        return
    parts = [(begin, end, told[begin // 60 % 24] * (end - begin) / 60) for begin, end in shift.parts()]
    total = sum(n for _, _, n in parts)
    yield say(words, "sheet_by_hour_text", n=number(total), whole=number(sum(told)))
    for begin, end, n in parts:
        bar = _bar(told[begin // 60 % 24] / (max(told) or 1.0))
        yield say(words, "sheet_hour", begin=_clock(begin), end=_clock(end), bar=bar, n=number(n))


def _bar(share: float) -> str:
    """Return a bar of block signs, an eighth of a sign exact."""
    whole, eighths = divmod(round(8 * BAR * share), 8)
    return BLOCKS[-1] * whole + (BLOCKS[eighths - 1] if eighths else "")


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


def _hours(spots: gpd.GeoDataFrame | None, words: Mapping[str, str]) -> Iterator[str]:
    for row in _rows(spots):
        workdays, weekend = (_text(row.get(f"peak_{days}")) for days in ("workdays", "weekend"))
        if workdays or weekend:
            near = _text(row.get("near"))
            yield say(words, "sheet_peak", n=row["spot"], near=near, workdays=workdays or "–", weekend=weekend or "–")


def _why(printed: Printed, row: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[str]:
    total = float(printed.layers["areas"].get("risk_plan", pd.Series(dtype=float)).sum())
    if total > 0:
        yield say(words, "sheet_why_risk", n=number(float(row["risk_plan"])), share=float(row["risk_plan"]) / total)
    for spot in _rows(of_area(printed, "hot_spots", int(row["area"]))):
        if pd.notna(spot.get("ratio")):
            told = {"incidents": spot["incidents"], "ratio": float(spot["ratio"])}
            yield say(words, "sheet_why_spot", n=spot["spot"], near=_text(spot.get("near")), **told)


def _neighbours(printed: Printed, area: int, words: Mapping[str, str]) -> Iterator[str]:
    areas = printed.layers["areas"]
    own = areas.geometry[areas["area"] == area].iloc[0]
    beside = areas[(areas["area"] != area) & areas.geometry.intersects(own.buffer(30))]
    for row in _rows(beside):
        yield say(words, "sheet_phone", who=called(row, words))


def _calls(words: Mapping[str, str]) -> list[str]:
    return [say(words, "sheet_phone", who=words[key]) for key in ("sheet_room", "sheet_duty", "sheet_hospital")]


def _rows(table: Any) -> list[dict[str, Any]]:
    return [] if table is None else table.drop(columns="geometry").to_dict("records")


def _text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)


def index_lines(printed: Printed, pages: Mapping[tuple[int, Shift], int]) -> list[Line]:
    """Return what the index sheet says: every area with the page of each of its sheets."""
    words = printed.edition.table
    lines = []
    for row in _rows(printed.layers["areas"]):
        lines.append(Line(say(words, "sheet_index_area", n=row["area"], name=called(row, words)), "head"))
        told = [text for text in (_size(row, words), *_known(row.get("spoken_border"))) if text]
        lines += [Line(text) for text in told]
        where = [say(words, "sheet_on_page", shift=shift_name(shift, words), n=pages[row["area"], shift])
                 for shift in printed.shifts]  # fmt: skip
        lines.append(Line(words["list_semicolon"].join(where)))
    return lines


def _size(row: Mapping[str, Any], words: Mapping[str, str]) -> str:
    told = [say(words, "sheet_km2", n=row["area_km2"])] if pd.notna(row.get("area_km2")) else []
    told += [say(words, "sheet_residents", n=row["population"])] if pd.notna(row.get("population")) else []
    return words["sheet_list"].join(told)


def forces(printed: Printed) -> list[str]:
    """Return the kinds of force that posts are for."""
    posts = printed.layer("posts")
    return [] if posts is None else list(dict.fromkeys(posts["force"].astype(str)))


def force_lines(printed: Printed, force: str) -> list[Line]:
    """Return what the sheet of a kind of force says: where its people stand, shift by shift, area by area."""
    words, lines = printed.edition.table, []
    for shift in printed.shifts:
        for row in _rows(printed.layers["areas"]):
            posts = posts_of(printed, row["area"], shift)
            mine = None if posts is None else posts[posts["force"].astype(str) == force]
            told = [Line(text) for text in _posts(mine, words)]
            head = f"{shift_name(shift, words)} · {called(row, words)}"
            lines += [Line(head, "head"), *told] if told else []
    return [*lines, Line(words["sheet_force_text"], "head"), *map(Line, _calls(words))]


def force_marks(printed: Printed, force: str) -> list[Mark]:
    """Return the posts of a kind of force."""
    posts = printed.layers["posts"]
    mine = posts[posts["force"].astype(str) == force]
    return list(_marks(mine, printed.edition.table["sheet_post_code"], "s", "rank"))
