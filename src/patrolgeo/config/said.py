"""Sentences and dates of a plan file that people have a right to."""

from __future__ import annotations

import re

from patrolgeo._checks import check_time
from patrolgeo.errors import DataError


def check_said(text: str, where: str) -> None:
    """Raise when a sentence is empty."""
    if not text.strip():
        raise DataError(f"{where} is empty; say it in one sentence.")


def check_date(text: str, where: str) -> None:
    """Raise when a text is no date or time that everybody reads alike; words such as "today" are none."""
    if not re.match(r"\d{4}-\d{2}-\d{2}(?!\d)", text):
        raise DataError(f"{where} = {text!r} must be a date or time such as 2026-06-30 or 2026-06-30 18:00.")
    check_time(text, where)
