import numpy as np
import pandas as pd

from patrolgeo.maps.colours import TINTS, tints
from patrolgeo.pages.plan_page.layers import UNSCORED, WITHHELD, graded_layer, hotspot_layer
from patrolgeo.pages.plan_page.specs import LAYERS
from patrolgeo.words.messages import load_words

WORDS = load_words("en")
RISK, HOTSPOT = LAYERS[:2]


def graded(values):
    return graded_layer(RISK, pd.Series(values, dtype=float), np.zeros(len(values)), "", WORDS)


def test_zero_has_its_own_class_and_larger_values_never_a_lower_one():
    values = np.concatenate([np.zeros(50), np.random.default_rng(0).gamma(0.4, 1, 500)])
    classes = graded(values).classes
    assert (classes[:50] == 0).all()
    assert (classes[50:] > 0).all()
    assert (np.diff(classes[np.argsort(values)].astype(int)) >= 0).all()


def test_every_class_has_a_colour_and_a_label_even_with_ties():
    for values in ([0, 0, 0], [1, 1, 1], [0, 1, 1, 2], range(1000)):
        layer = graded(list(values))
        assert len(layer.colours) == len(layer.labels) > layer.classes.max()


def test_the_classes_lie_near_50_80_95_and_99_percent():
    layer = graded(list(range(1, 1001)))
    assert [round((layer.classes == k).mean(), 2) for k in range(1, 6)] == [0.5, 0.3, 0.15, 0.04, 0.01]
    assert layer.labels[-1] == "990 and more  ·  1.1%"


def test_hidden_cells_count_for_no_class_and_no_legend():
    hidden = np.array([0, UNSCORED, WITHHELD, 0])
    layer = hotspot_layer(HOTSPOT, pd.Series([True, False, True, False]), hidden, "", WORDS)
    assert [label[-1] for label in layer.labels] == ["1", "1"]
    assert layer.classes.tolist() == [1, UNSCORED, WITHHELD, 0]
    alone = graded_layer(RISK, pd.Series([1.0, 1.0, 50.0, 1.0]), hidden, "", WORDS)
    assert alone.classes.tolist() == [1, UNSCORED, WITHHELD, 1]
    assert next(text for _, text in alone.legend(WORDS)) == "some  ·  100.0%"


def test_a_missing_value_was_withheld():
    layer = graded([1.0, np.nan, 0.0])
    assert layer.classes.tolist() == [1, WITHHELD, 0]
    assert layer.legend(WORDS)[-1][1] == WORDS["withheld"]


def test_neighbours_differ_while_colours_last():
    ring = [[(i - 1) % 9, (i + 1) % 9] for i in range(9)]
    colours = tints(ring)
    assert all(colours[i] != colours[j] for i in range(9) for j in ring[i])
    assert len(tints([list(range(12))] * 12)) == 12
    assert set(colours) <= set(TINTS)
