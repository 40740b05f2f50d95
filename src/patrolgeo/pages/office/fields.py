"""What a column is called and means, in one language or several, and how a workbook shows its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from patrolgeo.pages.office.tables import OfficeTable
from patrolgeo.words.messages import say

Words = Mapping[str, str]

# how a workbook shows numbers of a unit, where it is not as they are
FORMS = {
    "share": "0.0%", "probability": "0.0000", "minutes": "0.0", "km2": "#,##0.00", "km": "#,##0.0", "times": "0.00",
    "index": "0.000", "a_period": "0.0000", "people": "#,##0", "households": "#,##0", "n": "#,##0",
    "incidents": "#,##0.0", "work": "#,##0.0000", "decimal": "#,##0.0", "number": "0.00", "trips": "#,##0",
    "kmh": "0", "hours_a_day": "0.0", "degrees": "0.00000",
}  # fmt: skip
MEASURES = ("km2", "km", "minutes", "a_period", "work", "trips", "kmh", "hours_a_day")  # said in the heading
PLACE = {"lat": "degrees", "lon": "degrees"}  # columns of a sheet in place of the shapes


@dataclass(frozen=True)
class Field:
    """A column as people read it: heading, unit, meaning, how a workbook shows its numbers.

    `title` is the heading, with the unit where numbers need one.
    """

    heading: str
    title: str
    unit: str = ""
    meaning: str = ""
    form: str = ""


@dataclass(frozen=True)
class Reader:
    """Who reads the names: the words of one language or more, the period counted, and the unit of the workload."""

    languages: Sequence[Words]
    period: str = "period"
    work: str = "work"

    @property
    def words(self) -> Words:
        """The words of the first language."""
        return self.languages[0]

    def say(self, key: str, /, **values: Any) -> str:
        """Return a message in every language, one after the other; {period} is the word for a period."""
        return _joined([
            say(words, key, period=words.get(self.period, self.period), **values)
            for words in self.languages if key in words
        ])  # fmt: skip

    def field(self, spec: OfficeTable, column: str) -> Field:
        """Return what a column of a table is; of one that nobody has listed, its name."""
        listed = {**spec.columns, **PLACE}
        begins = (name for name in listed if name.endswith("_") and column.startswith(name))
        name = column if column in listed else next(begins, None)
        own = next((k for k in (f"field_{spec.key}_{name}", f"field_{name}") if k in self.words), None)
        if name is None or own is None:
            return Field(column, column)
        unit, rest = listed[name], column.removeprefix(name)
        heading, meaning = (
            _joined([say(w, key, part=_part(rest, w)) for w in self.languages]) for key in (own, f"{own}_is")
        )
        told = self.unit(unit)
        title = say(self.words, "heading_unit", heading=heading, unit=told) if unit in MEASURES else heading
        return Field(heading, title, told, meaning, FORMS.get(unit, ""))

    def unit(self, unit: str) -> str:
        """Return a unit in words; none for texts, codes and numbers that need none."""
        return self.say(f"measure_{self.work if unit == 'work' else unit}")


def _part(rest: str, words: Words) -> str:
    """Return what one of several like columns adds to their name: a share, or a part of the workload."""
    return f"{float(rest):.0%}" if rest.replace(".", "", 1).isdigit() else words.get(f"part_{rest}", rest)


def _joined(texts: Sequence[str]) -> str:
    return " / ".join(dict.fromkeys(text for text in texts if text))


def worded(spec: OfficeTable, table: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Return the table with its codes in the words of a language."""
    coded = {c: [_word(c, v, words) for v in table[c]] for c in table if spec.columns.get(c) == "word"}
    return table.assign(**coded) if coded else table


def _word(column: str, value: Any, words: Words) -> Any:
    if not isinstance(value, str):
        return value
    known = (words.get(key, "{") for key in (f"{column}_{value}", value))
    return next((text for text in known if "{" not in text), value)
