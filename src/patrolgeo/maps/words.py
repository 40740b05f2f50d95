"""The words that maps and reports print, in English and Chinese, from one table that users may rename."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from patrolgeo._checks import check_choice, nearest
from patrolgeo.errors import DataError

LANGUAGES = ("en", "zh")


@cache
def _table() -> dict[str, dict[str, str]]:
    text = files("patrolgeo.maps").joinpath("words.toml").read_text(encoding="utf-8")
    return {key: both for section in tomllib.loads(text).values() for key, both in section.items()}


def load_words(language: str = "en", changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the message table of one language, with the user's own words in place.

    Parameters
    ----------
    language
        "en" or "zh".
    changes
        Own wording by key; ``src/patrolgeo/maps/words.toml`` lists the keys.

    Examples
    --------
    >>> load_words("zh")["area"]
    '巡区'
    >>> load_words("zh", {"area": "警务区"})["area"]
    '警务区'
    """
    check_choice(language, LANGUAGES, "language")
    words = {key: both[language] for key, both in _table().items()}
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
    """Return one message with its values filled in."""
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


def caveats(
    words: Mapping[str, str],
    *,
    read: int | None = None,
    kept: int | None = None,
    origins: Mapping[str, int] | None = None,
    valid_until: str | None = None,
    changes: Iterable[str] = (),
    internal: bool = False,
) -> list[str]:
    """Return the sentences that stand on page one of every map, sheet and report.

    Parameters
    ----------
    words
        Message table of `load_words`.
    read, kept
        Rows of incidents read, and those with a usable time and place.
    origins
        Rows by who started the record; "officer" counts as found by officers, every other key as called in.
    valid_until
        Last day of validity, as it shall be printed.
    changes
        What was changed by hand, one sentence each.
    internal
        Says that small cells are not merged and small counts not suppressed, as a public version would have them.
    """
    lines = [words["no_ground"], words["recorded"], _origin(words, origins)]
    if read:
        lines.append(say(words, "placed", read=read, kept=kept or 0, share=(kept or 0) / read))
    if valid_until:
        lines.append(say(words, "valid", date=valid_until))
    changes = list(changes)
    lines.append(say(words, "changed", changes="; ".join(changes)) if changes else words["unchanged"])
    if internal:
        lines.append(words["not_merged"])
    return lines


def _origin(words: Mapping[str, str], origins: Mapping[str, int] | None) -> str:
    total = sum((origins or {}).values())
    if not total:
        return words["origin_unknown"]
    officer = (origins or {}).get("officer", 0)
    return say(words, "origin_known", citizen=total - officer, officer=officer, share=officer / total)
