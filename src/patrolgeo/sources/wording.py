"""Times that are written in words: Chinese, and month names of any language, rewritten as plain digits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.languages import get_official_languages
from babel.localedata import locale_identifiers

from patrolgeo.errors import DataError

NO_YEAR = "no year"  # what stands for a day without its year

_HALVES = {
    "凌晨": "early", "清晨": "early", "早晨": "early", "早上": "early", "早": "early", "上午": "morning",
    "中午": "noon", "正午": "noon", "午后": "afternoon", "下午": "afternoon", "傍晚": "afternoon",
    "晚上": "night", "晚间": "night", "夜间": "night", "夜里": "night", "夜晚": "night", "深夜": "night",
    "半夜": "night", "午夜": "night", "晚": "night", "午前": "morning", "午後": "afternoon", "오전": "morning",
    "오후": "afternoon",
}  # fmt: skip
HALF_WORDS = "|".join(_HALVES)
_CHINESE = re.compile(
    r"(?:(?P<year>\d{4}|\d\d)\s*[年/.-]\s*)?(?P<month>\d{1,2})\s*[月/.-]\s*(?P<day>\d{1,2})\s*[日号號]?"
    r"\s*\(?(?:(?:星期|周|礼拜)[一二三四五六日天])?\)?[\sT,]*(?P<half>" + HALF_WORDS + r")?\s*"
    r"(?:(?P<hour>\d{1,2})\s*(?:[::时時点點])\s*钟?(?:(?P<part>半|[一三]刻)|(?P<minute>\d{1,2})\s*[分:]?"
    r"(?:\s*(?P<second>\d{1,2})(?:\.\d+)?\s*秒?)?)?)?\s*(?:许|左右|前后|整)*"
)
_KOREAN = str.maketrans("년월일시분초", "年月日时分秒")
_NUMERALS = "〇零一二三四五六七八九十两"
_DIGITS = {c: str(i) for i, c in enumerate("〇一二三四五六七八九")} | {"零": "0", "两": "2"}
_PARTS = {None: 0, "半": 30, "一刻": 15, "三刻": 45}
_RANGE = re.compile(
    r"(?P<start>\S.*?\d{1,2}:\d\d(?::\d\d)?(?:\s*[AaPp]\.?[Mm]\.?)?)\s*(?:-|–|—|~|to|至|到)\s*"
    r"(?P<end>\S.*?|)(?P<clock>\d{1,2}:\d\d(?::\d\d)?(?:\s*[AaPp]\.?[Mm]\.?)?)"
)
_DAYS = re.compile(
    r"(?P<start>\d{1,4}([/.])\d{1,2}\2\d{1,4}|\d{4}-\d{1,2}-\d{1,2})\s*(?:-|–|—|~|to|至|到)\s*"
    r"(?P<end>\d{1,4}([/.])\d{1,2}\4\d{1,4}|\d{4}-\d{1,2}-\d{1,2})"
)
_WORD = re.compile(r"[^\W\d_]{3,}")
_BEFORE = re.compile(
    r"(?:(?P<weekday>[^\W\d_]+)[.,]?\s+)?(?:(?P<n>\d{1,4})(?:st|nd|rd|th|er|\.)?)?[\s,./-]*(?:de|of)?\s*"
)
_AFTER = re.compile(
    r"\.?[\s,./-]*(?:(?:de|del|of)\s+)?(?P<first>\d{1,4})(?:st|nd|rd|th)?(?!\d|\s*:)"
    r"(?:[\s,./-]+(?:(?:de|del|of)\s+)?(?P<second>\d{4}|\d\d)(?!\d|\s*[:h]))?(?P<rest>.*)"
)


def split_range(text: str) -> tuple[str, str] | None:
    """Return the beginning and the end of a range such as "5/3/2024 19:48-23:08", or None when it is none."""
    days = _DAYS.fullmatch(text)
    if days is not None:
        return days["start"], days["end"]
    found = _RANGE.fullmatch(text)
    if found is None:
        return None
    day = found["end"].strip() or found["start"].split(" ")[0].split("T")[0]
    return found["start"], f"{day} {found['clock']}"


def in_digits(texts: Iterable[str]) -> dict[str, str]:
    """Return the times among `texts` that are written in words as ``year-month-day hour:minute:second``.

    A day without its year becomes `NO_YEAR`; a text that is not a time is left out. The language of the month names is
    one decision for all texts.

    Raises
    ------
    DataError
        When the month names fit two languages that mean different months by them.

    Examples
    --------
    >>> from patrolgeo.sources.wording import in_digits
    >>> in_digits(["2024年3月5日 晚上11时半许", "5 mars 2024", "3月5日"])
    {'2024年3月5日 晚上11时半许': '2024-3-5 23:30:0', '3月5日': 'no year', '5 mars 2024': '2024-3-5 '}
    """
    texts = list(texts)
    found = {text: plain for text in texts if (plain := _from_chinese(text))}
    named = {text: _split(text) for text in texts if text not in found}
    words = {word for parts in named.values() if parts for word in parts}
    months = month_numbers(words)
    for text, parts in named.items():
        if parts and (plain := _from_parts(parts, months)):
            found[text] = plain
    return found


def _from_chinese(text: str) -> str | None:
    match = _CHINESE.fullmatch(_without_numerals(text).translate(_KOREAN))
    if match is None or (match["month"] and not any("一" <= c <= "鿿" or "가" <= c <= "힣" for c in text)):
        return None
    if match["year"] is None:
        return NO_YEAR
    day = f"{match['year']}-{match['month']}-{match['day']} "
    if match["hour"] is None:
        return day
    half = _HALVES.get(match["half"] or "")
    # A machine writes half past midnight as 上午 12:30; people who write 上午12时 may mean noon.
    machine = half == "morning" and match["hour"] == "12" and ":" in text
    hour = 0 if machine else _hour(int(match["hour"]), half)
    minute = int(match["minute"]) if match["minute"] else _PARTS[match["part"]]
    return None if hour is None else f"{day}{hour}:{minute}:{match['second'] or 0}"


def _hour(hour: int, half: str | None) -> int | None:
    """Return the hour of the day that a Chinese half of the day and a number mean; None where they mean no one hour."""
    if half is None or hour > 12:
        return hour
    if half == "early":
        return hour % 12
    if half == "morning":
        return hour if hour < 12 else None
    if half == "noon":
        return hour if hour >= 10 else hour + 12
    if half == "afternoon":
        return hour % 12 + 12
    return hour + 12 if hour >= 5 else None  # at night: 11 is 23, 12 is 24, and 2 is which day's?


def _without_numerals(text: str) -> str:
    """Write Chinese numerals as digits, except those of weekdays and quarters."""
    return re.sub(rf"(?<![周期拜{_NUMERALS}])[{_NUMERALS}]+(?![刻{_NUMERALS}])", lambda m: _number(m.group()), text)


def _number(numeral: str) -> str:
    if "十" not in numeral:
        return "".join(_DIGITS[c] for c in numeral)
    tens, _, ones = numeral.partition("十")
    return (_DIGITS.get(tens, "1") if len(tens) < 2 else "?") + (_DIGITS.get(ones, "0") if len(ones) < 2 else "?")


def _split(text: str) -> dict[str, tuple[str, str]] | None:
    """Return each word of a text that may be a month, with what stands before and after it."""
    if not any(c.isdigit() for c in text):
        return None
    return {bare(m.group()): (text[: m.start()], text[m.end() :]) for m in _WORD.finditer(text)} or None


def bare(word: str) -> str:
    """Return a word without case and accents, for comparison."""
    return "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(c))


def month_numbers(words: Iterable[str]) -> dict[str, int]:
    """Return the number of each word that is a month in the one language that knows the most of the words.

    Examples
    --------
    >>> from patrolgeo.sources.wording import month_numbers
    >>> month_numbers(["marzo", "abril", "robo"])
    {'marzo': 3, 'abril': 4}
    """
    wanted = [bare(w) for w in words]
    english = _known(wanted, "en")
    if not wanted or len(english) == len(wanted):
        return english
    readings = [english, *(_known(wanted, language) for language in _languages())]
    best = [r for r in readings if len(r) == max(map(len, readings))]
    for other in best:
        word = next((w for w in other if best[0].get(w, other[w]) != other[w]), None)
        if word is not None and best[0] is not english:
            raise DataError(
                f"The month {word!r} is {best[0][word]} in one language and {other[word]} in another; "
                "write dates as 2024-03-05."
            )
    return best[0]


def _known(words: list[str], language: str) -> dict[str, int]:
    names = _months(language)
    found = {}
    for word in words:
        numbers = {n for name, n in names.items() if name == word} or {
            n for name, n in names.items() if len(word) >= 3 and name.startswith(word)
        }
        if len(numbers) == 1:
            found[word] = numbers.pop()
    return found


@cache
def _months(language: str) -> dict[str, int]:
    months = Locale.parse(language).months
    kinds = [months[context][width] for context in ("format", "stand-alone") for width in ("wide", "abbreviated")]
    return {bare(name).rstrip("."): number for kind in kinds for number, name in kind.items()}


@cache
def _languages() -> list[str]:
    """Return the languages that are official somewhere."""
    territories = {i.rsplit("_", 1)[1] for i in locale_identifiers() if "_" in i}
    official = {name for t in territories for name in get_official_languages(t, de_facto=True)}
    found = []
    for name in sorted(official):
        try:
            Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
        found.append(name)
    return found


def _from_parts(parts: dict[str, tuple[str, str]], months: dict[str, int]) -> str | None:
    found = [(months[word], *around) for word, around in parts.items() if word in months]
    for number, left, right in reversed(found):  # a weekday comes first: "mar. 5 mars"
        before, after = _BEFORE.fullmatch(left), _AFTER.fullmatch(right)
        if before is not None and (plain := _date(number, before["n"], after, right)):
            return plain
    return None


def _date(month: int, before: Any, after: re.Match[str] | None, right: str) -> str | None:
    """Put the numbers around a month name together: 5 March 2024, 2024 March 5, March 5 2024, March 2024."""
    if after is None:
        return NO_YEAR if before and len(before) <= 2 and re.fullmatch(r"\W*(?:\d{1,2}:.*)?", right) else None
    first, second, rest = after["first"], after["second"], after["rest"]
    if before is not None and second is not None:
        return None
    if before is None and second is None:
        return f"{first}-{month}{rest}" if len(first) == 4 else NO_YEAR
    year, day = (second, first) if before is None else (first, before)
    if before is not None and len(before) == 4:
        year, day = before, first
    if len(year) not in (2, 4) or len(day) > 2:
        return None
    year = year if len(year) == 4 else str(int(year) + (2000 if int(year) < 70 else 1900))
    rest = re.sub(r"^[\s,.]*(?:г\.?|at|um|kl\.?)?[\s,.]*|\s*[Uu]hr$", "", rest)
    return f"{year}-{month}-{day} {rest}"
