import warnings

import pandas as pd
import pytest

from patrolgeo import HistoricalMean, RiskStack
from patrolgeo.errors import DataError, PatrolgeoWarning


def table(panel, name, **attrs):
    out = pd.DataFrame({name: range(panel.shape[1])}, index=panel.columns, dtype=float)
    out.attrs = attrs
    return out


@pytest.mark.parametrize(
    "name",
    [
        "ethnicity",
        "share_migrants",
        "Median Income",
        "hukou",
        "户籍人口",
        "流动人口比例",
        "churches",
        "clinic_distance",
    ],
)
def test_groups_of_people_and_places_of_peace_are_refused_as_covariates(name, hex_panel):
    panel = hex_panel()
    with pytest.raises(DataError, match="refused as a covariate of risk because"):
        RiskStack().fit(panel, covariates=table(panel, name))


def test_a_harmless_name_does_not_hide_a_refused_role(hex_panel):
    panel = hex_panel()
    with pytest.raises(DataError, match="role 'place of worship'"):
        RiskStack().fit(panel, covariates=table(panel, "x1", roles={"x1": "place of worship"}))


@pytest.mark.parametrize("name", ["bars", "schools", "road_km", "market_day", "current_lighting", "parking_lots"])
def test_places_roads_and_calendar_are_welcome(name, hex_panel):
    panel = hex_panel()
    RiskStack().fit(panel, covariates=table(panel, name)).predict()


def two(panel, name):
    return pd.concat({"burglary": panel, name: panel * 2}, axis=1, names=["category", "cell"])


def test_petitions_are_never_forecast_and_domestic_violence_not_on_small_cells(hex_panel):
    for name, words in (("petitions", "is not forecast"), ("domestic violence", "below township level")):
        with pytest.raises(DataError, match=words):
            HistoricalMean(target=name).fit(two(hex_panel(), name))


def test_officer_initiated_records_come_with_a_warning(hex_panel):
    with pytest.warns(PatrolgeoWarning, match="officer-initiated"):
        HistoricalMean(target="drug possession").fit(two(hex_panel(), "drug possession"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        HistoricalMean(target="burglary").fit(two(hex_panel(), "drug possession"))


def test_a_panel_of_several_categories_wants_a_target_that_it_has(hex_panel):
    panel = two(hex_panel(), "theft")
    with pytest.raises(DataError, match="name one as target="):
        HistoricalMean().fit(panel)
    with pytest.raises(DataError, match="did you mean 'theft'"):
        HistoricalMean(target="thefts").fit(panel)
    said = HistoricalMean(target="theft").fit(panel).predict()
    pd.testing.assert_index_equal(said.columns, panel["theft"].columns)
