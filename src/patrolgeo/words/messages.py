"""The messages of a language, from one folder that holds them all; users may rename each."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from patrolgeo._checks import check_choice, nearest
from patrolgeo.errors import DataError

# a language is a folder beside this file; English tells which messages there are
_FOLDERS = files("patrolgeo.words")
LANGUAGES = tuple(sorted(part.name for part in _FOLDERS.iterdir() if part.joinpath("marks.toml").is_file()))


@cache
def _table(language: str) -> dict[str, str]:
    parts = sorted(_FOLDERS.joinpath(language).iterdir(), key=lambda part: part.name)
    return {key: text for part in parts for key, text in tomllib.loads(part.read_text(encoding="utf-8")).items()}


def load_words(language: str = "en", changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the messages of one language, with the user's own words in place.

    Parameters
    ----------
    language
        A folder of ``src/patrolgeo/words``: "en" or "zh".
    changes
        Own wording by key; the files of the folder list the keys. What stands in {braces} is filled in.

    Returns
    -------
    The messages by key.

    Raises
    ------
    DataError
        When the language is not known, or a change names an unknown key or a value that the message does not have.

    Examples
    --------
    >>> load_words("zh")["area"]
    '巡区'
    >>> load_words("zh", {"area": "警务区"})["area"]
    '警务区'
    """
    check_choice(language, LANGUAGES, "language")
    words = _table(language)
    for key, text in (changes or {}).items():
        if key not in words:
            raise DataError(f"words: {key!r} is not a message{nearest(key, words)}")
        _check_values(key, text, words[key])
    return words | dict(changes or {})


_VALUE = re.compile(r"\{(\w+)(?::([^{}]*))?\}")  # {name} or {name:format}; every other brace is text


def _check_values(key: str, text: Any, ours: str) -> None:
    """Raise when a user's message is not text, or wants a value that ours does not have or cannot be written so."""
    if not isinstance(text, str):
        raise DataError(f"words: the message {key!r} must be text, got {text!r}.")
    known = dict(_VALUE.findall(ours))
    for name, form in _VALUE.findall(text):
        if name not in known:
            able = ", ".join(f"{{{value}}}" for value in known) or "none"
            raise DataError(f"words: the message {key!r} has no value {{{name}}}; its values are: {able}.")
        if form not in ("", known[name]):
            raise DataError(f"words: {key!r} must write {{{name}}} as {{{name}:{known[name]}}} or plainly.")


def say(words: Mapping[str, str], key: str, /, **values: Any) -> str:
    """Return one message with its values filled in.

    Examples
    --------
    >>> say(load_words("en"), "area_n", n=3)
    'Area 3'
    """
    return _VALUE.sub(lambda found: format(values[found[1]], found[2] or ""), words[key])


def number(value: float) -> str:
    """Write a number as people read it: three digits that count, thousands parted.

    Examples
    --------
    >>> [number(v) for v in (0, 0.03127, 2.5, 12.0, 143_000)]
    ['0', '0.0313', '2.5', '12', '143,000']
    """
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 1e-4 else f"{value:.1e}"
