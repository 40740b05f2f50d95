"""The front door: arguments of public functions are held against their annotations and names before they run.

What an annotation says (a number, a word, a table, true or false) is checked here for all of them, once, and so is the
range of a number whose name means the same everywhere (`time_limit`, `level`, `max_minutes`). Words of a closed set and
labels are checked by the functions themselves. Calls inside the package do not pass here.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property, wraps
from inspect import Parameter, signature
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import check_number
from patrolgeo.errors import DataError

_PLAIN: dict[Any, tuple[str, tuple[type, ...]]] = {
    bool: ("True or False", (bool, np.bool_)),
    int: ("a whole number", (int, np.integer)),
    float: ("a number", (int, float, np.integer, np.floating)),
    str: ("a word", (str,)),
    type(None): ("None", (type(None),)),
}

# What a number must be, by the name that an argument has everywhere.
_RANGES: dict[str, dict[str, Any]] = {
    name: limits
    for names, limits in (
        ("level step incident time_before time_after max_km2 epsilon", {"above": 0}),
        ("speed_kmh off_road_kmh access_kmh shift_hours scale longest_m spacing_km reach_m", {"above": 0}),
        ("time_limit effort tolerance n_permutations random_state exponent offset detour", {"least": 0}),
        ("backup rounds metres minutes", {"least": 0}),
        ("max_minutes key_minutes reach_minutes travel_minutes report_minutes stop_minutes stay_minutes", {"least": 0}),
        ("within_m border_m range_m passes days n_border_posts factor repeat_metres repeat_days", {"least": 0}),
        ("times n_areas n_draws n_boot officers n_ways n_paths max_rounds k", {"least": 1}),
        ("share enough alpha floor backup_weight opacity", {"least": 0, "most": 1}),
    )
    for name in names.split()
}
_RANGES["level"] = {"above": 0, "below": 1}

# What an argument without an annotation of its own must look like, by the name that it has everywhere.
_LISTS = (  # a list, an array or a table
    "cost distance adjacency connectivity existing candidates forbidden start origins destinations bases nodes inside",
    "outside anchors before after coords dates distance_bands day_bands weights lon lat load demand y_true y_pred area",
    "y_past paths flows places roads bridges barriers cells units lines points site_cost",
)
_LISTS_OR_NUMBERS = ("max_cost capacity costs n_sites speed_kmh minutes follow_lines incident",)


def checked(function: Any, name: str) -> Any:
    """Return a public function that checks its arguments against its annotations; anything else as it is.

    Examples
    --------
    >>> from patrolgeo._door import checked
    >>> def half(number: float) -> float:
    ...     return number / 2
    >>> checked(half, "half")(3)
    1.5
    >>> checked(half, "half")("3")
    Traceback (most recent call last):
    patrolgeo.errors.DataError: half: number='3' must be a number, got str.
    """
    if not isinstance(function, types.FunctionType):
        return function
    door = _Door(function, name)

    @wraps(function)
    def at_the_door(*args: Any, **kwargs: Any) -> Any:
        door.check(args, kwargs)
        return function(*args, **kwargs)

    at_the_door.__module__, at_the_door.__qualname__ = "patrolgeo", name  # so that it can be sent to processes
    return at_the_door


class _Door:
    def __init__(self, function: types.FunctionType, name: str) -> None:
        self.function, self.name = function, name

    @cached_property
    def hints(self) -> dict[str, Any]:
        """Parameter -> annotation, those that can be read; most modules keep them as text."""
        found = {}
        for name, parameter in signature(self.function).parameters.items():
            hint = parameter.annotation
            if parameter.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD) or hint is Parameter.empty:
                continue
            try:
                found[name] = eval(hint, self.function.__globals__) if isinstance(hint, str) else hint  # noqa: S307
            except NameError:  # imported for type checkers only
                continue
        return found

    @cached_property
    def positional(self) -> list[str]:
        """Names of the parameters that may be given by position."""
        kinds = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
        return [n for n, p in signature(self.function).parameters.items() if p.kind in kinds]

    def is_file(self, name: str, value: Any) -> bool:
        """Say whether a value may name a file: the readers take their area, places and points from files too."""
        reads = self.function.__module__.startswith("patrolgeo.sources.") and name in ("area", "places", "points")
        return reads and isinstance(value, (str, PathLike))

    def check(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        for name, value in {**dict(zip(self.positional, args, strict=False)), **kwargs}.items():
            hint = self.hints.get(name, Any)
            fits = value is None or self.is_file(name, value) or name not in _NAMED or _NAMED[name][1](value)
            if hint is Any and not fits:
                raise DataError(f"{self.name}: {name} must be {_NAMED[name][0]}, got {_shown(value)}.")
            if isinstance(value, (int, float)) and not isinstance(value, bool) and name in _RANGES:
                check_number(value, name, **_RANGES[name], finite=False)
            if not _fits(value, hint):
                shown = repr(value) if isinstance(value, (str, int, float, type(None))) else "..."
                raise DataError(
                    f"{self.name}: {name}={shown if len(shown) <= 60 else '...'} must be {_in_words(hint)}, "
                    f"got {'nan' if _is_nan(value) else type(value).__name__}."
                )


def _is_list(value: Any) -> bool:
    return (isinstance(value, Collection) and not isinstance(value, (str, bytes))) or any(
        hasattr(value, part) for part in ("shape", "geometry", "geom_type", "cells", "labels", "__array__")
    )


def _is_list_or_number(value: Any) -> bool:
    return _is_list(value) or (isinstance(value, (int, float, np.number)) and not isinstance(value, bool))


def _is_graph(value: Any) -> bool:
    return hasattr(value, "minutes") or hasattr(value, "edges")


def _names(lines: tuple[str, ...]) -> list[str]:
    return " ".join(lines).split()


_NAMED: dict[str, tuple[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(_names(_LISTS), ("a list, an array or a table", _is_list)),
    **dict.fromkeys(_names(_LISTS_OR_NUMBERS), ("a number, a list, an array or a table", _is_list_or_number)),
    "m": ("a folium map", lambda value: hasattr(value, "add_child")),
    "map": ("a folium map", lambda value: hasattr(value, "get_root")),
    "graph": ("a graph of roads or cells (RoadGraph, JoinedGraph, hexagon_graph)", _is_graph),
}


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, (str, int, float)) else type(value).__name__


def _fits(value: Any, hint: Any) -> bool:
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, part) for part in typing.get_args(hint))
    if hint in _PLAIN:
        is_flag = isinstance(value, (bool, np.bool_))
        return isinstance(value, _PLAIN[hint][1]) and (hint is bool or not is_flag) and not _is_nan(value)
    if origin is typing.Literal:
        return isinstance(value, str) and value in typing.get_args(hint)
    return _is_kind(value, origin or hint, listed=origin is not None)


def _is_kind(value: Any, kind: Any, listed: bool) -> bool:
    if kind in (Any, object) or not isinstance(kind, type):
        return True
    if kind is np.ndarray:
        return _is_list(value)
    if kind in (Sequence, pd.Index):
        return isinstance(value, Collection) and not isinstance(value, (str, bytes, Mapping, pd.DataFrame))
    if kind is Mapping:
        return isinstance(value, (Mapping, pd.Series))
    if getattr(kind, "_is_protocol", False):
        parts = {*vars(kind), *getattr(kind, "__annotations__", {})}
        return all(hasattr(type(value), p) or hasattr(value, p) for p in parts if not p.startswith("_"))
    return isinstance(value, kind) and not (listed and isinstance(value, str))  # one word is not a list of words


def _in_words(hint: Any) -> str:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(_in_words(part) for part in typing.get_args(hint)))
    if hint in _PLAIN:
        return _PLAIN[hint][0]
    if typing.get_origin(hint) is typing.Literal:
        return "one of " + ", ".join(map(repr, typing.get_args(hint)))
    kind = typing.get_origin(hint) or hint
    return f"a {kind.__name__}" if kind is not Callable else "a function"


def _is_nan(value: Any) -> bool:
    return isinstance(value, (float, np.floating)) and bool(np.isnan(value))
