"""Presets: small TOML tables that say how a known export writes its columns."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from patrolgeo._checks import nearest
from patrolgeo.errors import DataError
from patrolgeo.files import check_file
from patrolgeo.sources.columns import plain
from patrolgeo.sources.ledger import Ledger


@dataclass(frozen=True)
class Preset:
    """How an export is written.

    Parameters
    ----------
    title
        Whose export it is.
    kind
        "incidents" or "calls".
    columns
        Field -> column, or several names of which the first present is taken.
    datum, tz, day_first, precision, encoding
        As in `read_incidents`; `precision` is that of the places when the table does not say.
    header
        Columns that only this export has together: a table with all of them is recognised.
    origin
        Value of the origin column -> "reported", "officer", "alarm", "unknown".
    """

    title: str
    kind: str
    columns: Mapping[str, str | list[str]]
    datum: str = "WGS84"
    tz: str | None = None
    day_first: bool | None = None
    precision: str | None = None
    encoding: str | None = None
    header: tuple[str, ...] = ()
    origin: Mapping[str, str] = field(default_factory=dict)


def reading_rules(kind: str, preset: str | None, **said: Any) -> Preset:
    """Return the preset, or none, with what the user says put before it (None and "WGS84" say nothing)."""
    rules = load_preset(preset, kind) if preset else Preset("none", kind, {})
    return replace(rules, **{name: value for name, value in said.items() if value not in (None, "WGS84")})


def recognised(rules: Preset, header: Iterable[object], ledger: Ledger) -> Preset:
    """Return the preset whose export has this header, with what the user said before it; `rules` when there is none."""
    present = {plain(name) for name in header}
    known = (load_preset(name, None) for name in preset_names())
    fits = [p for p in known if p.kind == rules.kind and p.header and {plain(n) for n in p.header} <= present]
    if not fits:
        return rules
    found = max(fits, key=lambda p: len(p.header))
    said = {name: getattr(rules, name) for name in ("datum", "tz", "day_first", "encoding")}
    ledger.noted("preset_recognised", detail=f"The header is that of: {found.title}. {_manner(found)}")
    return replace(found, **{name: value for name, value in said.items() if value not in (None, "WGS84")})


def _manner(preset: Preset) -> str:
    said = {"time zone": preset.tz, "datum": preset.datum, "precision of places": preset.precision}
    return f"Read with {', '.join(f'{k} {v}' for k, v in said.items() if v)}."


def preset_names() -> list[str]:
    """Return the names of the presets that come with the library.

    Returns
    -------
    Names for `preset=`, sorted.

    Examples
    --------
    >>> from patrolgeo.sources.presets import preset_names
    >>> "chicago" in preset_names()
    True
    """
    return sorted(p.name.removesuffix(".toml") for p in _folder().iterdir() if p.name.endswith(".toml"))


def load_preset(name: str | Path, kind: str | None) -> Preset:
    """Return a preset by name, or of a TOML file of one's own; of `kind` unless that is None."""
    if str(name).endswith(".toml"):
        text = check_file(name, "preset").read_text(encoding="utf-8-sig")
    elif name in preset_names():
        text = _folder().joinpath(f"{name}.toml").read_text(encoding="utf-8")
    else:
        known = ", ".join(preset_names())
        raise DataError(f"preset={str(name)!r} is not known{nearest(str(name), preset_names())} Known: {known}.")
    preset = _preset(text, str(name))
    if kind is not None and preset.kind != kind:
        raise DataError(f"preset={str(name)!r} describes {preset.kind}; read it with read_{preset.kind}.")
    return preset


def _folder() -> Any:
    return files("patrolgeo.sources").joinpath("presets")


def _preset(text: str, name: str) -> Preset:
    try:
        return Preset(**tomllib.loads(text))
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise DataError(f"preset {name}: {error}") from error
