"""From the text of a plan file to a `Plan`, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from patrolgeo._checks import check_choice
from patrolgeo.config.plan import Plan
from patrolgeo.config.presets import PRESETS
from patrolgeo.config.together import check_together
from patrolgeo.config.wishes import check_gone, where_said
from patrolgeo.errors import DataError
from patrolgeo.files import check_file
from patrolgeo.toml_tables import UnknownKeyError, build, read_toml


def read_plan(path: str | Path, *, audience: str | None = None, files: bool = True) -> Plan:
    """Read and check a plan file.

    Parameters
    ----------
    path
        TOML file; `data/samples/county/plan.toml` is an example with every key explained.
    audience
        "internal" or "public", in place of what the plan says.
    files
        Whether every file named must be there.

    Raises
    ------
    DataError
        Unknown key, wrong type, impossible value; the message names the key and the nearest known one.
    MissingFileError
        A named file does not exist.
    """
    path = check_file(path, "plan file")
    content = read_toml(path, "plan file")
    plan = parse_plan(content if audience is None else {**content, "audience": audience}, path)
    for role, source in plan.sources.items():
        for part in (source, *source.also):
            for key, file in part.files.items() if files else ():
                check_file(file, f"[{role}] {key}")
    return plan


def parse_plan(content: Mapping[str, Any], path: Path) -> Plan:
    """Turn the content of a plan file into a `Plan`; `path` is the file that relative paths start from."""
    check_gone(content, path)
    content = _with_preset(dict(content), path)
    try:
        plan: Plan = replace(build(Plan, content, path), path=path)
    except UnknownKeyError as unknown:
        raise DataError(f"{unknown} {where_said(unknown.key)}") from None
    check_together(plan, path)
    return plan


def _with_preset(content: dict[str, Any], path: Path) -> dict[str, Any]:
    name = content.get("preset")
    if name is None:
        return content
    check_choice(name, PRESETS, f"{path}: preset")
    for section, values in PRESETS[name].items():
        said = content.get(section)
        if isinstance(said, Mapping):
            content[section] = {**values, **said}
    return content
