"""Exact comparison of counts and of periods."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from patrolgeo import compare_counts, compare_periods
from patrolgeo.errors import AlignmentError, DataError, PatrolgeoWarning
from patrolgeo.panel.periods import period_edges


@pytest.mark.parametrize(
    ("before", "after", "times"), [(20, 41, (1, 1)), (0, 7, (1, 1)), (3, 1, (4, 2)), (8, 0, (1, 3))]
)
def test_p_and_interval_are_the_exact_ones(before, after, times):
    row = compare_counts([before], [after], time_before=times[0], time_after=times[1]).iloc[0]
    share, n = times[1] / sum(times), before + after
    tails = stats.binom.sf(after - 1, n, share), stats.binom.cdf(after, n, share)
    assert row["p_value"] == pytest.approx(min(1, 2 * min(tails)))
    interval = stats.binomtest(after, n).proportion_ci(method="exact")
    odds = [p / (1 - p) if p < 1 else np.inf for p in interval]
    assert [row["low"], row["high"]] == pytest.approx([o * times[0] / times[1] for o in odds])


def test_the_test_is_never_liberal():
    rng = np.random.default_rng(1)
    for mean in (0.5, 3, 30):
        p = compare_counts(rng.poisson(mean, 4000), rng.poisson(mean, 4000))["p_value"]
        for level in (0.01, 0.05):
            assert (p <= level).mean() <= level + 2 * np.sqrt(level * (1 - level) / 4000)


def test_harm_in_its_own_unit_does_not_matter():
    before, after = np.array([3.0, 10]), np.array([9.0, 2])
    one, other = (compare_counts(before * c, after * c, incident=c)["p_value"] for c in (1.0, 12.5))
    assert one.tolist() == pytest.approx(other.tolist())


@pytest.fixture(scope="module")
def panel():
    index = pd.date_range("2023-01-02", periods=108, freq="7D")
    counts = np.zeros((108, 3))
    counts[-4:] = [1, 2, 3]
    counts[-8:-4] = [2, 2, 2]
    counts[-56:-52] = [5, 5, 5]
    return pd.DataFrame(counts, index=index, columns=list("abc"))


def test_the_windows_hold_the_same_weeks(panel):
    last = compare_periods(panel, "28D")
    assert last[["before", "after"]].to_numpy().tolist() == [[8, 4], [8, 8], [8, 12]]
    year = compare_periods(panel, "28D last year")
    assert year[["before", "after"]].to_numpy().tolist() == [[20, 4], [20, 8], [20, 12]]
    date = compare_periods(panel, "year to date")
    assert date["after"].tolist() == [3, 6, 9]
    assert date.attrs["now"][0] == pd.Timestamp("2025-01-01")


def test_units_are_compared_by_their_sums(panel):
    by_unit = compare_periods(panel, units=pd.Series({"a": "north", "b": "north", "c": "south"}))
    assert by_unit.loc["north", ["before", "after"]].tolist() == [16, 12]


def test_wrong_input_is_refused(panel):
    with pytest.raises(DataError, match="needs counts from 2024-01-01 on; the panel begins on 2024-07-15"):
        compare_periods(panel.iloc[80:], "28D last year")
    with pytest.raises(DataError, match="did you mean '28D'"):
        compare_periods(panel, "28d")
    with pytest.raises(AlignmentError, match="units lacks 1 of 3"):
        compare_periods(panel, units=pd.Series({"a": 1, "b": 1}))
    with pytest.raises(DataError, match="1 periods"):
        compare_periods(panel.iloc[:1])
    with pytest.raises(DataError, match="none missing"):
        compare_counts([1, 2], [1, np.nan])


def test_no_incidents_are_no_change():
    empty = compare_counts([0, 0], [0, 0])
    assert (empty[["p_value", "p_adjusted"]] == 1).all(axis=None)
    assert compare_counts([], []).empty


def test_the_year_to_date_counts_no_day_twice():
    days = pd.date_range("2023-01-01", "2025-12-31", name="period")
    for end in ("2024-12-31", "2025-03-01", "2025-12-31"):
        panel = pd.DataFrame({"a": 1.0}, index=days[days <= end])
        row = compare_periods(panel, "year to date").iloc[0]
        now, then = (compare_periods(panel, "year to date").attrs[w] for w in ("now", "then"))
        assert then[1] <= now[0]
        assert (row["after"], row["before"]) == ((now[1] - now[0]).days, (then[1] - then[0]).days)
        assert (now[0].month, now[0].day, then[0].month, then[0].day) == (1, 1, 1, 1)
        assert row["p_value"] == 1


def test_any_two_stretches_can_be_compared(panel):
    daily = pd.DataFrame({"a": np.arange(60.0), "b": 1.0}, index=pd.date_range("2024-01-01", periods=60, name="period"))
    found = compare_periods(daily, now=("2024-02-01", "2024-02-10"), then=("2024-01-05", "2024-01-09"))
    assert found.loc["a", ["before", "after"]].tolist() == [sum(range(4, 9)), sum(range(31, 41))]
    assert found.loc["b", "ratio"] == 1
    assert compare_periods(daily, now="2024-02").loc["b", "ratio"] == 1
    with pytest.warns(PatrolgeoWarning, match="2 days of what was asked are left out"):
        weeks = compare_periods(panel, now=("2024-06-01", "2024-06-30"), then=("2024-04-29", "2024-05-26"))
    assert weeks.loc["a", "after"] == 0
    for now, then, words in (
        (("2024-02-01", "2024-02-10"), ("2024-02-05", "2024-02-20"), "overlap"),
        (("2024-02-10", "2024-02-01"), None, "ends before it begins"),
        (("2023-02-01", "2023-02-10"), None, "reaches beyond the panel"),
        ("soon", None, "must be a month"),
        (None, "2024-01", "needs now="),
    ):
        with pytest.raises(DataError, match=words):
            compare_periods(daily, now=now, then=then)


@pytest.mark.parametrize("freq", ["D", "7D", "28D", "MS", "YS", "8h"])
def test_a_panel_with_a_gap_is_refused_with_what_is_missing(freq):
    index = pd.date_range("2020-01-01", periods=80, freq=freq, name="period")
    assert (period_edges(index[[0, *range(1, 80)]])[:-1] == index).all()
    holed = index[[*range(40), *range(42, 80)]]
    with pytest.raises(DataError, match=f"2 periods are missing .*first: {index[40]:%Y-%m-%d}"):
        period_edges(holed)
    with pytest.raises(DataError, match="gap"):
        compare_periods(pd.DataFrame({"a": 1.0}, index=holed))


def test_labels_decide_and_wrong_settings_are_refused(panel):
    before, after = pd.Series({"a": 5.0, "b": 9.0}), pd.Series({"b": 1.0, "a": 5.0})
    assert compare_counts(before, after).loc["b", ["before", "after"]].tolist() == [9, 1]
    with pytest.raises(AlignmentError):
        compare_counts(before, after.rename({"a": "c"}))
    for wrong in ({"level": 95}, {"level": 0}, {"time_before": 0}, {"time_after": "long"}):
        with pytest.raises(DataError, match=next(iter(wrong))):
            compare_counts([1], [2], **wrong)
    with pytest.raises(DataError, match="units is missing for 1 of 3"):
        compare_periods(panel, units=pd.Series({"a": "x", "b": "x", "c": None}))
