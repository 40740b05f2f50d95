"""The changed plan as a plan file: the old text, with who was moved by hand, and what is left out."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h3
import shapely

from patrolgeo.app.bench import Bench
from patrolgeo.errors import DataError
from patrolgeo.files import write_json, write_text
from patrolgeo.words.note import Note

AREAS = re.compile(r"^\[areas\][^\n]*\n", re.MULTILINE)
SITES = re.compile(r"^\[sites\][^\n]*\n", re.MULTILINE)
POSTS = re.compile(r"^by_hand\s*=\s*\[[^\n]*\][^\n]*\n", re.MULTILINE)
HAND = re.compile(r"^reassign\s*=\s*\{[^\n]*\}[^\n]*\n", re.MULTILINE)


def save_plan(bench: Bench, source: Path) -> Path:
    """Write a new plan file beside `source`: ``plan-changed.toml``, or with a number where that is there already.

    A run of it says every moved cell in its report. Ground left out is written beside it as GeoJSON.
    """
    try:
        text = source.read_text("utf-8-sig")
        old = tomllib.loads(text)
    except ValueError as error:
        raise DataError(Note("app_no_toml", {"source": str(source), "what": str(error)})) from error
    if not AREAS.search(text) or (HAND.search(text) is None and "reassign" in old["areas"]):
        raise DataError(Note("app_no_line", {"source": str(source)}))
    gone = _left_out(bench)
    hand = {**old["areas"].get("reassign", {}), **bench.moved()}
    hand = {unit: area for unit, area in hand.items() if unit not in gone}
    posts = [cell for cell in bench.now.posts if cell not in gone]
    line = f"reassign = {_inline(hand)}   # moved by hand\n" if hand else ""
    text = AREAS.sub(lambda head: head[0] + line, HAND.sub("", text), count=1)
    if changed := set(posts) != set(bench.start.posts):
        if not posts:
            raise DataError(Note("app_no_post_left"))
        told = f"by_hand = {json.dumps(posts)}   # posts as they were put by hand\n"
        text = SITES.sub(lambda head: head[0] + told, POSTS.sub("", text), count=1)
    target = _free(source)
    text += _ground(bench, target)
    new = tomllib.loads(text)
    kept = new["areas"].get("reassign", {}) == hand and new.keys() - {"exclude"} == old.keys() - {"exclude"}
    if not kept or (changed and new["sites"].get("by_hand") != posts):
        raise DataError(Note("app_not_written", {"source": str(source), "what": line or f"{posts}"}))
    return write_text(target, text)


def _ground(bench: Bench, target: Path) -> str:
    """Write ground that is left out beside the plan file, and return the lines that name it."""
    if not _polygons(bench):
        return ""
    ground = target.with_name(f"{target.stem}-left-out.geojson")
    write_json(ground, _collection(bench))
    return f'\n[[exclude]]            # drawn by hand\nfile = {json.dumps(ground.name)}\nkind = "no_patrol"\n'


def _free(source: Path) -> Path:
    names = (f"{source.stem}-changed{'' if n == 1 else f'-{n}'}.toml" for n in range(1, 10_000))
    return next(path for path in map(source.with_name, names) if not path.exists())


def _inline(table: Mapping[str, Any]) -> str:
    pairs = (f"{json.dumps(key)} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items())
    return "{" + ", ".join(pairs) + "}"


def _polygons(bench: Bench) -> list[Any]:
    """Return the ground that is left out; a stroke that crosses itself is mended."""
    drawn = [shapely.make_valid(shapely.Polygon(ring.corners), method="structure") for ring in bench.now.rings]
    return [part for shape in drawn for part in shapely.get_parts(shape) if shapely.get_dimensions(part) == 2]


def _left_out(bench: Bench) -> set[str]:
    """Return the cells that a run will leave out: those whose middle lies in such ground."""
    polygons, cells = _polygons(bench), bench.draft.labels.index
    if not polygons:
        return set()
    middles = shapely.points([h3.cell_to_latlng(cell)[::-1] for cell in cells])
    return set(cells[shapely.intersects(shapely.union_all(polygons), middles)])


def _collection(bench: Bench) -> dict[str, Any]:
    features = [
        {"type": "Feature", "properties": {"name": f"{n}"}, "geometry": shapely.geometry.mapping(shape)}
        for n, shape in enumerate(_polygons(bench), start=1)
    ]
    return {"type": "FeatureCollection", "features": features}
