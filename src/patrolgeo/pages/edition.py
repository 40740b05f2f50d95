"""For whom a page is printed: title, language, words, audience, validity, marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from patrolgeo._checks import check_choice
from patrolgeo._show import Shown
from patrolgeo.errors import DataError
from patrolgeo.words.messages import load_words

AUDIENCES = ("internal", "public")


@dataclass(frozen=True, repr=False)
class Edition(Shown):
    """What every page, report and sheet of one issue has in common.

    Parameters
    ----------
    title
        Name of the place or plan.
    language
        "en" or "zh".
    words
        Own wording by key, see ``src/patrolgeo/words``.
    audience
        "internal", or "public": what is not public is left out (`patrolgeo.pages.release.public`).
    valid_until
        Last day of validity, as it shall be printed; 13 weeks after the data by custom.
    synthetic
        Marks the pages as made from invented data.
    marking
        Own mark in place of "Internal use" or "Public version".
    subtitle
        Line under the title of the map, for example data and dates.
    attribution
        Sources that must be named, printed at the lower edge of the map and at the end of the report.
    made
        The day the map was made, as it shall be printed on it.

    Raises
    ------
    DataError
        When language, audience or a key of `words` is not known, or the title is not text.

    Examples
    --------
    >>> Edition("Longhe", language="zh").marks
    ['内部使用']
    """

    title: str
    language: str = "en"
    words: Mapping[str, str] | None = field(default=None, hash=False)
    audience: str = "internal"
    valid_until: str | None = None
    synthetic: bool = False
    marking: str | None = None
    subtitle: str = ""
    attribution: str = ""
    made: str = ""

    def __post_init__(self) -> None:
        """Check what is chosen from a list."""
        check_choice(self.audience, AUDIENCES, "audience")
        if not isinstance(self.title, str):
            raise DataError(f"title={self.title!r} must be text.")
        self.table  # noqa: B018  an unknown language or word shows here, not when the page is half made

    @cached_property
    def table(self) -> dict[str, str]:
        """Every message by key, in the language and with the own words of this edition."""
        return load_words(self.language, self.words)

    @property
    def marks(self) -> list[str]:
        """What is marked on every page: for whom it is, and that data are invented."""
        mark = self.table[self.audience] if self.marking is None else self.marking
        return [mark, *([self.table["synthetic"]] if self.synthetic else [])]

    @property
    def credits(self) -> list[str]:
        """The marks, and whose data the file shows, where that must be said."""
        return [*self.marks, *([self.attribution] if self.attribution else [])]
