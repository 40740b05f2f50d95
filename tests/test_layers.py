"""Data flow one way: a module imports from the rooms above it in docs/architecture.md, never from below or beside."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "patrolgeo"
LABELLED = {"pandas", "geopandas", "folium", "shapely", "h3"}  # plan/optimise works on arrays


def read_list():
    """Return the rank of each room, first line first, as the page has it; rooms inside another have dotted names."""
    block = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split("```")[1]
    rank, outer = {}, ""
    for number, line in enumerate(block.strip("\n").splitlines()):
        names = re.split(r",\s*", re.match(r"\s*(\w+(?:, ?\w+)*)", line).group(1))
        inside = line.startswith(" ")
        rank |= {f"{outer}.{name}" if inside else name: number for name in names}
        outer = outer if inside else names[-1]
    return rank


RANK = read_list()


def room_of(module):
    """Return the room of a module without its first name, the innermost that the list names."""
    parts = module.split(".")
    return ".".join(parts[:2]) if ".".join(parts[:2]) in RANK else parts[0]


def imports(path):
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module == "patrolgeo":
            found |= {f"patrolgeo.{a.name}" for a in node.names if a.name != "__version__"}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the room; write it out"
            found.add(node.module or "")
    return found


def module_of(path):
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


def may_import(room, other):
    """Return whether the list puts `other` above `room`; rooms inside one room are ordered among themselves."""
    if "." in room and "." in other and room.split(".")[0] == other.split(".")[0]:
        return RANK[other] < RANK[room]
    return RANK[other.split(".")[0]] < RANK[room.split(".")[0]]


FILES = sorted(p for p in SOURCE.rglob("*.py") if p != SOURCE / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=[str(p.relative_to(SOURCE)) for p in FILES])
def test_imports_point_up_the_way_of_the_data(path):
    room = room_of(module_of(path))
    assert room in RANK, f"{room} has no place in docs/architecture.md"
    for name in imports(path):
        if not name.startswith("patrolgeo."):
            assert not (room == "plan.optimise" and name.split(".")[0] in LABELLED), f"{path}: arrays only, no {name}"
            continue
        other = room_of(name.removeprefix("patrolgeo."))
        if other == room:
            continue
        assert other in RANK, f"{path}: {name} is not a room of docs/architecture.md; import from the room itself"
        assert may_import(room, other), f"{room} must not import {other}"


def test_every_room_of_the_page_is_there():
    for room in RANK:
        place = SOURCE / room.replace(".", "/")
        assert place.is_dir() or place.with_suffix(".py").is_file(), f"the page names {room}, which is absent"
