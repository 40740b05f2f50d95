"""The examples of docs/extending.md run as they stand, are short, and the public checks see what is wrong."""

import re
import tomllib
import warnings
from inspect import signature
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import patrolgeo
from patrolgeo import BaseRisk, DataError, Findings, HistoricalMean, p_median
from patrolgeo.pages.blocks import Block, Text
from patrolgeo.pages.office.fields import Reader
from patrolgeo.pages.office.gathered import named
from patrolgeo.pages.office.styles import Style
from patrolgeo.pages.office.tables import AREA, OfficeTable
from patrolgeo.pages.plan_page.specs import LayerSpec
from patrolgeo.testing import check_detector, check_risk_model, check_site_plan
from patrolgeo.words.messages import load_words, say

PAGE = (Path(__file__).parents[1] / "docs" / "extending.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"^## ([^\n]+)\n.*?^```python\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize(("title", "most"), [("A risk model", 40), ("A site model", 60), ("An area objective", 60)])
def test_the_example_runs_and_is_as_short_as_promised(title, most):
    code = EXAMPLES[title]
    assert len(code.strip().splitlines()) <= most
    exec(compile(code, title, "exec"), {"__name__": "example"})


def test_the_layer_and_the_section_of_the_page_are_what_the_map_and_the_report_take():
    layer, _, section = re.findall(r"^```text\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    names = {"LayerSpec": LayerSpec}
    exec("spec = " + layer.split(",     #")[0], names)
    spec = names["spec"]
    assert tomllib.loads(layer.split("\n\n")[1]).keys() == {spec.key, f"{spec.key}_unit"}
    code, _, rest = section.partition('("how_lit", light.blocks)')
    names = {"Findings": Findings, "Mapping": dict, "Block": Block, "Text": Text, "say": say}
    exec(code, names)
    words = tomllib.loads(rest.partition("\n\n")[2])
    lamps = gpd.GeoDataFrame({"lamps": [3, 0, 4]})
    assert names["blocks"](Findings(cells=lamps), words) == [Text("7 lamps stand in 2 cells.")]
    assert names["blocks"](Findings(), words) == []


def test_the_table_of_the_page_has_all_its_words():
    _, table, _ = re.findall(r"^```text\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    line, told = table.split("\n\n")
    names = {"OfficeTable": OfficeTable, "named": named, "AREA": AREA, "Style": Style}
    exec("spec = " + re.sub(r"  +#.*", "", line).rstrip().rstrip(","), names)
    spec, words = names["spec"], tomllib.loads(told)
    reader = Reader([load_words("en") | words])
    assert reader.say(f"table_{spec.key}") == "Street lamps"
    assert [column for column in spec.columns if not reader.field(spec, column).meaning] == []
    assert words.keys() == {f"table_{spec.key}", spec.sign, *(f"field_{c}{end}" for c in ("lamp", "height_m")
                                                             for end in ("", "_is"))}  # fmt: skip
    lamps = gpd.GeoDataFrame({"lamp": [1]}, geometry=[None])
    assert spec.table(Findings(overlays={"lamp_posts": lamps})) is lamps


class Model:
    """A mean by cell whose faults can be switched on."""

    def __init__(self, fault):
        self.fault = fault

    def fit(self, panel, exposure=None, covariates=None):
        if self.fault == "touches":
            panel.iloc[0, 0] += 1
        self.panel, self.rate = panel, panel.mean()
        if self.fault == "divides":
            self.rate = self.rate / panel.to_numpy().sum()
        if self.fault == "positions":
            self.rate = pd.Series(panel.mean().to_numpy() * np.arange(panel.shape[1]), panel.columns)
        return self

    def predict(self, horizon=1):
        rows = pd.date_range(self.panel.index[-1], periods=horizon + 1, freq="7D")[1:]
        said = pd.DataFrame([self.rate] * horizon, index=rows)
        if self.fault == "negative":
            said -= 1
        return said.iloc[:, ::-1] if self.fault == "columns" else said


def test_a_plain_model_passes_without_any_base_class():
    check_risk_model(Model(None))


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("touches", "changes the panel"),
        ("positions", "another order"),
        ("negative", "0 or more"),
        ("divides", "without incidents"),
        ("columns", "columns"),
    ],
)
def test_the_check_of_risk_models_sees_each_fault(fault, sentence):
    with pytest.raises(AssertionError, match=sentence):
        check_risk_model(Model(fault))


class OneRow(BaseRisk):
    def _fit(self, history):
        self.rate_ = history.counts.mean(axis=0)

    def _expected(self, horizon):
        return self.rate_


def test_a_model_that_forgets_the_periods_is_told_the_shape_that_is_wanted():
    with pytest.raises(DataError, match=r"OneRow._expected\(3\) must return 3 periods x 61 cells, got .* \(61,\)"):
        check_risk_model(OneRow())


def test_the_check_of_site_plans_sees_a_cost_that_is_not_of_the_table():
    minutes = np.array([[0.0, 4.0, 9.0], [4.0, 0.0, 5.0], [9.0, 5.0, 0.0]])
    with pytest.raises(AssertionError, match="cost of a place"):
        check_site_plan(p_median(minutes, 2), minutes + 1)


class Threshold:
    """Alarms at three times the mean of the days before."""

    def __init__(self, peeks=False):
        self.peeks = peeks

    def monitor(self, counts, test=None):
        usual = counts.expanding().mean().shift(1) if not self.peeks else counts.mean() + 0 * counts
        return pd.DataFrame({"expected": usual, "upper": 3 * usual, "p_value": np.nan, "alarm": counts > 3 * usual})


def test_the_check_of_detectors_sees_one_that_looks_ahead():
    check_detector(Threshold())
    with pytest.raises(AssertionError, match="Later counts"):
        check_detector(Threshold(peeks=True))


def test_no_seed_is_a_fresh_one_in_every_room_and_the_default_repeats_but_where_nobody_may_know():
    """Defaults are 0, or None where a known seed would undo the protection, or foresee the lots of a trial."""
    fresh = set()
    for name in patrolgeo.__all__:
        kind = getattr(patrolgeo, name)
        try:
            default = signature(kind).parameters["random_state"].default
        except (KeyError, ValueError, TypeError):
            continue
        assert default in (0, None), f"{name}: random_state={default!r}"
        fresh |= {name} if default is None else set()
    assert fresh == {"geomask", "noisy_counts", "assign_treatment"}


def test_no_seed_draws_anew():
    score = pd.DataFrame({"model": "a", "period": range(30), "pai": np.random.default_rng(0).random(30)})
    with warnings.catch_warnings():
        lows = {patrolgeo.summarise_scores(score, n_boot=50, random_state=None)["low"].iloc[0] for _ in range(4)}
    assert len(lows) > 1
    panel = pd.DataFrame([[5.0] * 40], index=pd.DatetimeIndex(["2024-01-01"]))
    assert len({patrolgeo.noisy_counts(panel, 1.0).sum().sum() for _ in range(4)}) > 1
    model = HistoricalMean().fit(
        pd.DataFrame({"892a100d2c3ffff": [4, 9, 1], "892a100d2cbffff": [6, 1, 9]}, pd.date_range("2024", periods=3))
    )
    assert len({model.top_probability(0.5, n_draws=9, random_state=None).iloc[0] for _ in range(9)}) > 1
