"""The page of dependencies names every package that an installation brings, in the version of the lock."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def name_of(requirement):
    return re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-")


def closure(requirements):
    """Return all packages that come with these on any system, as the lock tells: ``# via`` names who needs one."""
    needed_by = {}
    for block in re.split(r"\n(?=\S)", LOCK):
        needed_by[name_of(block)] = set(re.findall(r"^    # (?:via|  )\s*([\w.-]+)", block, re.M))
    found = {name_of(line) for line in requirements}
    while more := {name for name, whose in needed_by.items() if whose & found} - found:
        found |= more
    return found


def rows():
    return {cells[1].strip(): [cell.strip() for cell in cells[2:-1]]
            for line in PAGE.splitlines() if (cells := line.split("|"))[0] == "" and len(cells) >= 6}  # fmt: skip


def locked(name):
    return re.findall(rf"^{re.escape(name)}==([^\s;]+)", LOCK, re.M)


def test_everything_that_the_core_brings_is_listed_with_a_licence():
    table, names = rows(), closure(PROJECT["dependencies"])
    assert len(names) > 40
    missing = names - set(table)
    assert not missing, f"docs/dependencies.md lacks {sorted(missing)}"
    for name in names:
        version, licence = next((i, table[name][i + 1]) for i, cell in enumerate(table[name]) if cell in locked(name))
        assert version is not None
        assert len(licence) > 2, name


def test_everything_that_an_extra_names_is_listed():
    for extra, requirements in PROJECT["optional-dependencies"].items():
        if extra != "peers":
            names = {name_of(line) for line in requirements} - {"patrolgeo"}
            assert names <= set(rows()), extra
