"""Harm of a plan run: each category weighs what the plan says, and every category has a weight."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from patrolgeo.config import read_plan
from patrolgeo.errors import DataError
from patrolgeo.pipeline.counting import count
from patrolgeo.pipeline.plan import lay_ground, read_place
from town import write_town


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    plan = read_plan(write_town(tmp_path_factory.mktemp("town"), 20))
    place = read_place(plan)
    return plan, place, lay_ground(plan, place)


def weighing(plan, harm):
    return replace(plan, analysis=replace(plan.analysis, harm=harm))


def test_the_kinds_of_the_cells_add_up_to_the_panel_and_to_the_rows(town):
    plan, place, ground = town
    harm = {kind: 2.0 + k for k, kind in enumerate(sorted(place.incidents["category"].unique()))}
    counts = count(weighing(plan, harm), place, ground)
    assert counts.kinds.sum(axis=1).to_numpy() == pytest.approx(counts.panel.sum().to_numpy())
    rows = counts.records
    by_hand = pd.Series([harm[kind] for kind in rows["category"]], rows.index).groupby(rows["cell"]).sum()
    weighed = counts.kinds @ pd.Series(harm)[counts.kinds.columns]
    assert weighed[by_hand.index].to_numpy() == pytest.approx(by_hand.to_numpy())
    assert np.isclose(weighed.sum(), by_hand.sum())


def test_a_category_without_a_weight_is_one_sentence(town):
    plan, place, ground = town
    kind = str(place.incidents["category"].iloc[0])
    with pytest.raises(DataError, match=rf"analysis.harm has no weight for the category '\w+'.*{kind}x"):
        count(weighing(plan, {kind + "x": 1.0}), place, ground)


def test_without_weights_nothing_is_weighed(town):
    plan, place, ground = town
    assert count(plan, place, ground).kinds is None
