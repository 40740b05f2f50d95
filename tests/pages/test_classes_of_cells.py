import numpy as np
import pytest

from patrolgeo.pages.plan_page.classes import INTERVALS, class_texts, round_edges
from patrolgeo.words.messages import load_words

WORDS = load_words("en")


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("days", "whole"), [(0.0, False), (0.0, True), (7.0, False), (365.25, False)])
def test_edges_are_round_ascending_and_part_what_there_is(seed, days, whole):
    values = np.random.default_rng(seed).gamma(0.4, 10.0 ** (seed - 3), 400)
    values = np.ceil(values) if whole else values
    edges = round_edges(values, days=days, whole=whole)
    assert (np.diff(edges) > 0).all()
    assert all(edges > values[values > 0].min())
    assert all(edges <= values.max())
    assert len(class_texts(edges, WORDS, days=days, whole=whole)) == max(len(edges), 0) + 2
    if days:
        assert all(np.isclose(days / edge, INTERVALS).any() for edge in edges)
    elif whole:
        assert (edges == np.round(edges)).all()
    else:
        assert all(float(f"{edge:.2g}") == pytest.approx(edge) for edge in edges)


def test_classes_say_what_they_hold():
    assert class_texts(np.array([2.0, 5.0, 6.0]), WORDS, whole=True) == ["none", "1", "2 – 4", "5", "6 and more"]
    rates = 7 / np.array([365.25 * 2, 30.4375])
    assert class_texts(rates, WORDS, days=7.0) == [
        "none", "less than one in 2 years", "one in 2 years to one a month", "one a month or more",
    ]  # fmt: skip
    assert class_texts(np.array([]), WORDS) == ["none", "some"]
