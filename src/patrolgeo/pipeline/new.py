"""A first plan file, commented, from the files that lie in a folder."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd

from patrolgeo.config.read import read_plan
from patrolgeo.config.wishes import PAGE
from patrolgeo.crs import to_local
from patrolgeo.errors import DataError, MissingFileError
from patrolgeo.files import write_text
from patrolgeo.pipeline.guesses import Guess, guess_files
from patrolgeo.words.messages import load_words, say

NAME = "plan.toml"
ROLES = ("incidents", "area", "population", "places", "forces", "roads", "barriers", "current", "crossings", "existing",
         "calls", "units", "exclude")  # fmt: skip
COUNTY_KM2 = 1_500.0  # a study area beyond this is planned as a county
OF_TEXT = re.compile(r"[\u4e00-\u9fff]")

CHECKPOINTS = "".join(
    f"# {line}\n"
    for line in ("n = 6", "border_minutes = 30.0", 'purpose = "…"', 'basis = "…"', 'valid_until = "2026-06-30"')
)


def new_plan(folder: str | Path) -> tuple[Path, list[Guess]]:
    """Write ``plan.toml`` from the files of a folder; what each is for is found by what it holds, and nothing is asked.

    Every table and wish has a comment, in Chinese where the columns are; files that are not used are named at the end.

    Parameters
    ----------
    folder
        Holds at least incidents and the polygons of the study area.

    Returns
    -------
    The plan file, and what was found of each file.

    Raises
    ------
    DataError
        When there is a ``plan.toml`` already, or no file holds incidents or polygons.
    MissingFileError
        When there is no such folder.

    Examples
    --------
    >>> from patrolgeo import new_plan
    >>> path, found = new_plan("mytown")  # doctest: +SKIP
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise MissingFileError(f"{folder} is no folder; name the one that holds your files.")
    if (folder / NAME).exists():
        raise DataError(f"{folder / NAME} is there already and was left as it is; move it away for a new one.")
    found = guess_files(folder)
    by_role = {guess.role: guess for guess in reversed(found) if guess.role}
    if "area" not in by_role and (instead := by_role.get("current") or by_role.get("population")) is not None:
        by_role["area"] = Guess(instead.path, "area", table=instead.table)
    if missing := [role for role in ("incidents", "area") if role not in by_role]:
        told = "; ".join(guess.told for guess in found) or "no file"
        raise DataError(f"{folder} holds nothing that can be [{'] or ['.join(missing)}]. Found: {told}.")
    write_text(folder / NAME, _text(folder, by_role, found))
    read_plan(folder / NAME)
    return folder / NAME, found


def _text(folder: Path, by_role: Mapping[str, Guess], found: list[Guess]) -> str:
    language = "zh" if OF_TEXT.search("".join(map(str, by_role["incidents"].table["category"].head(200)))) else "en"
    words = load_words(language)
    preset = "county" if _km2(by_role["area"].table) > COUNTY_KM2 else "city"
    if preset == "county" and not {"population", "roads"} <= by_role.keys():
        preset = "city"  # whose workload needs no roads
    parts = [
        f"# {say(words, 'new_head', page=PAGE)}\n",
        f"title = {_toml(folder.resolve().name)}\n{_with('preset', preset, words)}{_with('language', language, words)}",
        _with("audience", "internal", words),
    ]
    tables = [guess for role in ROLES for guess in ([by_role[role]] if role in by_role else [])]
    tables += [guess for guess in found if guess.role == "exclude" and guess is not by_role.get("exclude")]
    parts += [_file(guess, words) for guess in tables]
    parts.append(f"\n[analysis]\n{_with('resolution', 8 if preset == 'county' else 9, words)}")
    parts.append(_areas(by_role, words))
    parts.append(f"\n[sites]                  # {words['new_sites']}\nn = 10\n")
    if "roads" in by_role and "population" in by_role:
        parts.append(f"\n# [checkpoints]          # {words['new_checkpoints']}\n{CHECKPOINTS}")
    if unused := [f"#   {guess.told}\n" for guess in found if not guess.role]:
        parts.append(f"\n# {words['new_unused']}\n{''.join(unused)}")
    return "".join(parts)


def _areas(by_role: Mapping[str, Guess], words: Mapping[str, str]) -> str:
    """Return the wish for areas: today's with little change where they are known, else a first number."""
    bare = "" if "population" in by_role else "workload = {risk = 0.8, area = 0.2}\n"
    if "current" in by_role:
        return f"\n[areas]\n{_with('keep', 'mostly', words)}# stay_minutes = 5.0     # {words['new_stay']}\n{bare}"
    return f"\n[areas]\n{_with('n', 6, words)}# tolerance = 0.05       # {words['new_tolerance']}\n{bare}"


def _file(guess: Guess, words: Mapping[str, str]) -> str:
    head = f"[[{guess.role}]]" if guess.role == "exclude" else f"[{guess.role}]"
    lines = [f"\n{head:<24} # {words[f'new_{guess.role}']}\n", f"file = {_toml(guess.path.name)}\n"]
    lines += [f"{key} = {_toml(value)}\n" for key, value in guess.keys.items()]
    if guess.role == "incidents":
        lines.append(
            f'# hours = ["22:00", "06:00"]   # {words["new_hours"]}\n# from = "2024-01"       # {words["new_from"]}\n'
        )
    if guess.role == "exclude":
        lines.append(f'kind = "no_patrol"       # {words["new_kind"]}\n')
    text = "".join(lines)
    return text if guess.role != "units" else text.replace("\n", "\n# ").removesuffix("# ")


def _with(key: str, value: Any, words: Mapping[str, str]) -> str:
    """Return a key with its comment."""
    return f"{f'{key} = {_toml(value)}':<24} # {words[f'new_{key}']}\n"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(said)}" for key, said in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def _km2(area: gpd.GeoDataFrame) -> float:
    return float(to_local(area).area.sum() / 1e6)
