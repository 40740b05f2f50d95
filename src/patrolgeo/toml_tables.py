"""TOML tables as dataclasses: names, types and ranges of keys are checked when the file is read."""

from __future__ import annotations

import math
import os
import re
import tomllib
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from patrolgeo._checks import check_choice, check_number, nearest
from patrolgeo.errors import DataError, MissingColumnError


class UnknownKeyError(DataError):
    """A table holds a key that it does not know; `key` is the word."""

    def __init__(self, key: str, where: str, known: Mapping[str, Any], path: Path) -> None:
        place = f" in [{where}]" if where else ""
        super().__init__(
            f"{path}: unknown key '{key}'{place}{nearest(key, known)} Known keys: {', '.join(sorted(known))}."
        )
        self.key = key


@dataclass(frozen=True)
class Range:
    """What a number of a plan may be; stands at the key that it is for."""

    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None


def key(
    says: str, default: Any = MISSING, *, example: str = "", name: str | None = None, choices: Sequence[str] = ()
) -> Any:
    """Describe a key of a table: what it does, its default, and what it may be where words are chosen from.

    Parameters
    ----------
    says
        What the key does, in plain sentences.
    default
        Its value when the file does not say it; without one the key must be there.
    example
        A value as it stands in a TOML file; by default the default.
    name
        The word in the TOML file, when it is not that of the field.
    choices
        The words that it may be.
    """
    about = {"says": says, "example": example, "choices": tuple(choices)} | ({} if name is None else {"key": name})
    if isinstance(default, (list, dict)):
        return field(default_factory=default.copy, metadata=about)
    return field(default=default, metadata=about)


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """Return the content of a TOML file; `what` is its word in messages, such as "plan file".

    Raises
    ------
    DataError
        When it is a folder, cannot be read, or is not valid TOML.
    """
    if path.is_dir():
        raise DataError(f"{path} is a folder; name the {what} in it.")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as problem:  # bad TOML, bad UTF-8, numbers of thousands of digits
        raise DataError(f"{path} is not valid TOML: {problem}. {what.capitalize()}s are UTF-8 text.") from None
    except OSError as problem:
        raise DataError(f"{path} cannot be read: {problem.strerror}.") from None


def build(kind: Any, content: Any, path: Path, where: str = "") -> Any:
    """Make a dataclass from a TOML table; every key is checked for name, type and range.

    Parameters
    ----------
    kind
        The dataclass. Fields are texts, numbers, truth values, lists, tables, paths, other dataclasses, or one of them
        or None; a number stands in an ``Annotated`` with its `Range`.
    content
        What the TOML file says.
    path
        The file, for messages, and where relative paths start.
    where
        The key at which the table stands.

    Raises
    ------
    DataError
        An unknown key, a wrong type, a number out of its range, an empty list.
    MissingColumnError
        A key is missing.
    """
    if not isinstance(content, Mapping):
        raise DataError(f"{path}: {where} must be a table ([{where}]), got {content!r}.")
    known = keys_of(kind)
    hints = typing.get_type_hints(kind, include_extras=True)
    for key in content:
        if key not in known:
            raise UnknownKeyError(key, where, known, path)
    missing = [name for name, f in known.items() if name not in content and _is_required(f)]
    if missing:
        told = " ".join(f"{name}: {known[name].metadata.get('says', '')}" for name in missing)
        lacks = f"{f'[{where}]' if where else 'the file'} lacks {', '.join(missing)}."
        raise MissingColumnError(f"{path}: {lacks} {told}")
    return kind(**{known[key].name: _value(known[key], hints, value, where, path) for key, value in content.items()})


def keys_of(kind: Any) -> dict[str, Field[Any]]:
    """Return the fields of a dataclass by their word in a TOML file; fields that no file may say are left out."""
    return {key: f for f in fields(kind) if (key := f.metadata.get("key", f.name))}


def _value(known: Field[Any], hints: Mapping[str, Any], value: Any, where: str, path: Path) -> Any:
    at = f"{where}.{known.metadata.get('key', known.name)}".lstrip(".")
    value = _convert(value, hints[known.name], at, path)
    choices = known.metadata.get("choices")
    for word in value if isinstance(value, list) else [value]:
        if choices:
            check_choice(word, choices, f"{path}: {at}")
    return value


def _is_required(f: Field[Any]) -> bool:
    return f.default is MISSING and f.default_factory is MISSING


def _convert(value: Any, hint: Any, where: str, path: Path) -> Any:
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        hint = next(h for h in typing.get_args(hint) if h is not types.NoneType)
    if typing.get_origin(hint) is Annotated:
        kind, limits = typing.get_args(hint)
        value = _convert(value, kind, where, path)
        check_number(value, f"{path}: {where}", **vars(limits))
    elif is_dataclass(hint) and isinstance(value, list) and value and hasattr(hint, "joined"):
        value = hint.joined([build(hint, v, path, where) for v in value], where, path)
    elif is_dataclass(hint):
        value = build(hint, value, path, where)
    elif hint is Path:
        value = value if isinstance(value, Path) else _resolve(value, where, path)
    else:
        value = str(value) if hint is str and isinstance(value, date) else value
        value = _plain(value, hint, where, path)
    return value


def _plain(value: Any, hint: Any, where: str, path: Path) -> Any:
    """Return a text, number, truth value, list or table of the type that `hint` names."""
    origin = typing.get_origin(hint) or hint
    if origin is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value) if abs(value) < 1e300 else math.inf
    if not isinstance(value, origin) or (isinstance(value, bool) and origin is not bool):
        raise DataError(f"{path}: {where} = {value!r} must be {_KIND.get(origin, origin.__name__)}.")
    if origin is list:
        if not value or any(v in value[:i] for i, v in enumerate(value)):
            raise DataError(f"{path}: {where} = {value!r} must name at least one, and none twice.")
        return [_convert(v, hint.__args__[0], where, path) for v in value]
    if origin is dict and hint.__args__[1] is not Any:
        return {k: _convert(v, hint.__args__[1], f"{where}.{k}", path) for k, v in value.items()}
    return value


_KIND: dict[Any, str] = {
    str: "text", int: "a whole number", float: "a number", bool: "true or false", list: "a list", dict: "a table",
}  # fmt: skip


def _resolve(value: Any, where: str, path: Path) -> Path | str:
    if not isinstance(value, str):
        raise DataError(f"{path}: {where} = {value!r} must be the path of a file.")

    def known(match: re.Match[str]) -> str:
        name = match.group(1)
        found = os.environ.get(name) or (_default_data(path) if name == "PATROLGEO_DATA" else None)
        if found is None:
            raise DataError(f"{path}: {where} names ${{{name}}}, which is not set in the environment.")
        return found

    value = re.sub(r"\$\{(\w+)\}", known, value)
    is_path = "://" not in value and (not where.endswith(".kinds") or "." in value)
    return path.parent / value if is_path else value


def _default_data(path: Path) -> str:
    home = next((p for p in path.resolve().parents if (p / "pyproject.toml").exists()), Path.cwd())
    return str(home.parent / "shared" / "data")
