"""From the text of a plan file to a `Plan`, checked."""

from __future__ import annotations

import codecs
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from patrolgeo._checks import check_choice
from patrolgeo.config.plan import Plan
from patrolgeo.config.presets import PRESETS
from patrolgeo.config.source import Source
from patrolgeo.config.together import check_together
from patrolgeo.errors import DataError
from patrolgeo.files import check_file
from patrolgeo.toml_tables import build


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
    if path.is_dir():
        raise DataError(f"{path} is a folder; name the plan file in it.")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as problem:  # bad TOML, bad UTF-8, numbers of thousands of digits
        raise DataError(f"{path} is not valid TOML: {problem}. Plan files are UTF-8 text.") from None
    except OSError as problem:
        raise DataError(f"{path} cannot be read: {problem.strerror}.") from None
    plan = parse_plan(content if audience is None else {**content, "audience": audience}, path)
    for role, source in plan.sources.items():
        for part in (source, *source.also):
            _check_words(part, role, path)
            for key, file in part.files.items() if files else ():
                check_file(file, f"[{role}] {key}")
    return plan


def _check_words(source: Source, role: str, path: Path) -> None:
    """Check the names of an encoding and a time zone, which the standard library knows."""
    try:
        codecs.lookup(source.encoding or "utf-8")
    except (LookupError, ValueError):
        raise DataError(f"{path}: {role}.encoding = {source.encoding!r} is not an encoding, such as gb18030.") from None
    try:
        ZoneInfo(source.tz or "UTC")
    except (OSError, ValueError, LookupError):
        raise DataError(f"{path}: {role}.tz = {source.tz!r} is not a time zone, such as Asia/Shanghai.") from None


def parse_plan(content: Mapping[str, Any], path: Path) -> Plan:
    """Turn the content of a plan file into a `Plan`; `path` is the file that relative paths start from."""
    content = _with_preset(dict(content), path)
    plan: Plan = replace(build(Plan, content, path), path=path)
    check_together(plan, path)
    return plan


def _with_preset(content: dict[str, Any], path: Path) -> dict[str, Any]:
    name = content.get("preset")
    if name is None:
        return content
    check_choice(name, PRESETS, f"{path}: preset")
    for section, values in PRESETS[name].items():
        said = content.get(section, {})
        if isinstance(said, Mapping):
            content[section] = {**values, **said}
    return content
