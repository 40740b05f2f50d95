"""The sheet of a hot spot: reasons and partners follow from what is known; homes are never named; patrol is last."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from scipy import stats

from patrolgeo import problem_sheets
from patrolgeo.errors import DataError, MissingColumnError
from patrolgeo.hotspots.problem_sheet import MANAGERS, manager
from patrolgeo.pages.problem_sheet import sheet_part
from patrolgeo.words.messages import LANGUAGES, load_words

METRES = "+proj=laea +lat_0=31.7 +lon_0=119.9 +datum=WGS84 +units=m +no_defs"
PLAIN = {
    "incidents": 40.0, "expected": 9.0, "kinds": "theft 80 %", "peak_workdays": "9-13", "peak_weekend": "10-14",
    "hours_known": 1.0, "repeat_share": 0.1, "repeat_by_chance": 0.1, "years_above": 2, "years": 3,
}  # fmt: skip


def spots(**change):
    return gpd.GeoDataFrame([PLAIN | change], geometry=[shapely.Point(0, 0).buffer(50)], index=[7], crs=METRES)


def places(*rows):
    names, kinds, x = zip(*rows, strict=True)
    return gpd.GeoDataFrame({"name": names, "kind": kinds}, geometry=gpd.points_from_xy(x, [0] * len(x)), crs=METRES)


def sheet(places=None, **change):
    return problem_sheets(spots(**change), places, found_on="2024-12-31", days=365)[0]


@pytest.mark.parametrize(
    ("change", "reasons", "partners"),
    [
        ({}, ("unknown",), ("look", "patrol")),
        ({"peak_workdays": "20-24", "peak_weekend": "23-3"}, ("dark",), ("lighting", "patrol")),
        ({"peak_workdays": "20-24"}, ("unknown",), ("look", "patrol")),  # by day at the weekend
        ({"peak_workdays": "", "peak_weekend": ""}, ("unknown",), ("look", "patrol")),
        ({"repeat_share": 0.3}, ("repeats",), ("prevention", "patrol")),
        ({"years_above": 3}, ("lasting",), ("look", "patrol")),
        ({"years_above": 1}, ("new",), ("look", "patrol")),
        ({"years_above": 1, "years": 1}, ("unknown",), ("look", "patrol")),
    ],
)
def test_reasons_and_partners_follow_from_the_facts(change, reasons, partners):
    assert (sheet(**change).reasons, sheet(**change).partners) == (reasons, partners)


def test_the_layers_that_hold_in_a_spot_stand_on_its_sheet_each_once_the_highest_first():
    rows = [(7, "bar", "within", 200.0, 2.0, 1.5, 2.7), (7, "bar", "within", 200.0, 2.0, 1.5, 2.7),
            (7, "market", "density", 400.0, 3.0, 2.0, 4.5), (8, "shop", "within", 99.0, 9.0, 5.0, 11.0)]  # fmt: skip
    told = pd.DataFrame(rows, columns=["spot", "kind", "operation", "reach_m", "factor", "low", "high"])
    [found] = problem_sheets(spots(), None, found_on="2024-12-31", days=365, factors=told)
    assert found.factors == (rows[2][1:], rows[0][1:])
    assert "market x3.0, bar x2.0" in str(found)
    with pytest.raises(MissingColumnError, match="low"):
        problem_sheets(spots(), None, found_on="2024-12-31", days=365, factors=told.drop(columns="low"))


def test_places_near_name_their_managers_the_nearest_first():
    around = places(("Corner", "shop", 180), ("Golden", "bar", 60), ("Far", "market", 300), ("", "school", 0))
    found = sheet(around)
    assert [(name, kind, round(metres)) for name, kind, metres in found.near] == [
        ("Golden", "bar", 10), ("Corner", "shop", 130),
    ]  # fmt: skip
    assert found.partners == ("venue", "shop", "patrol")
    assert found == sheet(around.sample(frac=1, random_state=1))


def test_homes_are_never_named():
    found = sheet(places(("Mr X", "residential", 0), ("Miss Y", "apartment", 10), ("Care", "nursing home", 20)))
    assert [name for name, *_ in found.near] == ["Care"]


def test_the_date_and_the_number_to_hold_it_against():
    found = sheet()
    assert found.assess_on == pd.Timestamp("2025-04-01")
    assert found.usual == pytest.approx(40 * 91 / 365)
    assert stats.poisson.cdf(found.fewer_than - 1, found.usual) <= 0.05
    assert sheet(incidents=2.0).fewer_than == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_words_in_every_language(language):
    words = load_words(language)
    reasons = ("facility", "dark", "repeats", "lasting", "new", "unknown")
    partners = (*MANAGERS, "lighting", "prevention", "look", "patrol")
    assert all(words[f"reason_{r}"] for r in reasons)
    assert all(words[f"partner_{p}"] for p in partners)
    full = sheet(places(("Golden", "bar", 60)), peak_workdays="20-24", peak_weekend="20-24", repeat_share=0.9)
    for one in (full, sheet(incidents=1.0)):
        part = sheet_part(one, words)
        assert part.blocks[-2].lines[-1] == words["partner_patrol"]
        assert "2025-04-01" in part.blocks[-1].text
    assert "Golden" in sheet_part(full, words).blocks[2].lines[-1]


def test_managers_are_known_in_two_languages():
    assert [manager(k) for k in ("Bus Stop", "小学", "barber", "停车场", "car park")] == [
        "transport", "school", "", "parking", "parking",
    ]  # fmt: skip


def test_no_spot_no_sheet_and_nonsense_is_refused():
    assert problem_sheets(spots().iloc[:0], None, found_on="2024-12-31", days=365) == []
    with pytest.raises(MissingColumnError, match="repeat_share"):
        problem_sheets(spots().drop(columns="repeat_share"), None, found_on="2024-12-31", days=365)
    with pytest.raises(DataError, match="found_on"):
        problem_sheets(spots(), None, found_on="yesterday", days=365)
    with pytest.raises(DataError, match="days"):
        problem_sheets(spots(), None, found_on="2024-12-31", days=0)
