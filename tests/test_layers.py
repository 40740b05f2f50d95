"""Data flow one way: a module imports from the rooms above it in the way of the data, never from below or beside."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "patrolgeo"

# lowest last; rooms of one row do not know each other
LAYERS = [
    ["__main__"],
    ["cli"],
    ["pipeline"],
    ["report"],
    ["maps"],
    ["evaluation"],
    ["plan", "alerts", "hotspots"],
    ["risk", "panel"],
    ["roads"],
    ["privacy", "grid", "sources", "config", "kernels"],
    ["solver"],
    ["crs", "files", "escape"],
    ["execution", "_checks"],
    ["_typing", "errors"],
]
RANK = {room: rank for rank, row in enumerate(LAYERS) for room in row}
SAME_ROW_ALLOWED = {("risk", "panel"), ("privacy", "grid")}


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else "patrolgeo"


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module == "patrolgeo":
            found |= {f"patrolgeo.{a.name}" for a in node.names if a.name != "__version__"}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the room; write it out"
            found.add(node.module or "")
    return {name for name in found if name.startswith("patrolgeo.")}


FILES = sorted(p for p in SOURCE.rglob("*.py") if p != SOURCE / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=[str(p.relative_to(SOURCE)) for p in FILES])
def test_imports_point_up_the_way_of_the_data(path):
    room = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    assert room in RANK, f"{room} has no place in the layers"
    for name in imports(path):
        other = room_of(name)
        if other in (room, "patrolgeo"):
            continue
        assert other in RANK, f"{path}: patrolgeo.{other} is no room; import from the room itself"
        assert RANK[other] > RANK[room] or (room, other) in SAME_ROW_ALLOWED, f"{room} must not import {other}"
