import re

import pytest

from patrolgeo.words.messages import load_words
from patrolgeo.words.rates import SPANS, often

WORDS = load_words("en")


@pytest.mark.parametrize(
    ("days", "words"),
    [(28 * 365.25, "one in 28 years"), (365.25, "one a year"), (243, "one in 8 months"), (30.4, "one a month"),
     (10, "one in 10 days"), (7, "one a week"), (1.27, "5.5 a week"), (1, "one a day"), (0.1, "10 a day")],
)  # fmt: skip
def test_intervals_are_told_in_the_unit_that_people_use(days, words):
    assert often(1 / days, WORDS) == words


def test_what_is_told_is_at_most_a_quarter_off():
    for k in range(1, 200):
        days = 1.09**k / 50
        told = often(1 / days, WORDS)
        span = SPANS[re.search(r"year|month|week|day", told)[0]]
        n = float(re.sub(r"[^\d.]", "", told) or 1)
        again = span * n if "in" in told else span / n
        assert 0.8 < again / days < 1.25, (days, told)
