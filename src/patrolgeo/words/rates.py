"""How often something is to be expected, in words: "one in 8 months" is read where 0.0288 a week is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from patrolgeo.words.messages import number, say

SPANS = {"year": 365.25, "month": 30.4375, "week": 7.0, "day": 1.0}  # days
LEAST = 1.95  # of a span that is told as several of them
NEAR = 0.04  # of a span that is told as one
RATES = ((0.65, 7.0, "n_a_week"), (0.0, 1.0, "n_a_day"))  # least days between two, days of the rate, its words


def often(per_day: float, words: Mapping[str, str]) -> str:
    """Return how often that is in words.

    Examples
    --------
    >>> from patrolgeo.words.messages import load_words
    >>> [often(n / 7, load_words("en")) for n in (0.0007, 0.0288, 0.23, 1.0, 5.5, 70)]
    ['one in 27 years', 'one in 8 months', 'one a month', 'one a week', '5.5 a week', '10 a day']
    >>> often(0.0, load_words("zh"))
    '无'
    """
    if not per_day > 0:
        return words["none"]
    days = 1 / per_day
    for span, length in SPANS.items():
        if abs(days / length - 1) < NEAR:
            return words[f"one_a_{span}"]
        if days >= LEAST * length:
            return say(words, f"one_in_{span}s", n=f"{days / length:,.0f}")
    length, key = next((length, key) for least, length, key in RATES if days >= least)
    return say(words, key, n=number(float(f"{per_day * length:.2g}")))


def often_table(words: Mapping[str, str]) -> dict[str, Any]:
    """Return what a page's script needs to say the same."""
    return {
        "spans": [(length, words[f"one_a_{span}"], words[f"one_in_{span}s"]) for span, length in SPANS.items()],
        "rates": [(least, length, words[key]) for least, length, key in RATES],
        "least": LEAST,
        "near": NEAR,
    }
