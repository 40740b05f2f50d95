"""Detectors: the contract of all, the two given series with the answers of R, and calibration."""

import numpy as np
import pandas as pd
import pytest

import patrolgeo as pg
import surveillance_formulas as independent
from patrolgeo.alerts._negbin import bound, tail
from patrolgeo.alerts._reference import design_of, reference_periods
from patrolgeo.errors import AlignmentError, DataError
from patrolgeo.testing import check_detector

ALL = [pg.Ears(), pg.Ears(method="C2"), pg.Ears(method="C3", alpha=0.025), pg.NegBinEwma(), pg.Cusum(n_paths=199),
       pg.Glr(n_paths=199)]  # fmt: skip


@pytest.mark.parametrize("detector", ALL, ids=repr)
def test_what_every_detector_keeps(detector):
    """The contract, on 120 days."""
    check_detector(detector)


def series(folder, name):
    table = pd.read_csv(folder / "warnings" / f"{name}_series.csv.gz")
    return pd.Series(table.iloc[:, 2].to_numpy(float), pd.DatetimeIndex(table["iso"], name="period"))


def answer(folder, name, method):
    return pd.read_csv(folder / "warnings" / f"{name}_{method}.csv.gz")


@pytest.mark.real
@pytest.mark.parametrize("name", ["agona", "newport"])
def test_ears_and_flexible_farrington_are_those_of_surveillance(real_data, name):
    """Bounds to 1e-4, whole ones equal, the same weeks in alarm."""
    counts = series(real_data, name)
    same = {"ears_C1": pg.Ears(), "ears_C2": pg.Ears(method="C2"), "farrington_flexible_nbplugin": pg.Farrington()}
    for method, detector in same.items():
        given = answer(real_data, name, method)
        found = detector.monitor(counts, test=list(given["week"] - 1))
        exact = {"rtol": 0 if "nb" in method else 1e-4}
        np.testing.assert_allclose(found["upper"], given["upperbound"], **exact)
        assert (found["alarm"].to_numpy() == given["alarm"]).all()
        if "expected" in given:
            some = given["expected"].notna().to_numpy()
            np.testing.assert_allclose(found["expected"][some], given["expected"][some], rtol=1e-4)


@pytest.mark.real
@pytest.mark.parametrize("name", ["agona", "newport"])
def test_c3_1996_and_muan_follow_the_published_formulas(real_data, name):
    """Ours equal an independent computation; with the package's two faults put in, that equals the given files."""
    counts = series(real_data, name)
    y, dates = counts.to_numpy(), list(counts.index)
    c3, old, upper = (answer(real_data, name, m) for m in ("ears_C3", "farrington_1996", "farrington_flexible_muan"))
    ours = pg.Ears(method="C3", alpha=0.025).monitor(counts)["upper"]
    np.testing.assert_allclose(ours[11:], independent.c3(y)[11:], rtol=1e-9)  # two weeks of scores come first
    np.testing.assert_allclose(independent.c3(y, count_for_mean=True)[c3["week"] - 1], c3["upperbound"], rtol=1e-9)
    found = pg.Farrington(method="1996", alpha=0.05).monitor(counts, test=list(old["week"] - 1))
    flexible = pg.Farrington(threshold="muan").monitor(counts, test=list(upper["week"] - 1))
    for row, (at, faulty) in enumerate(zip(old["week"] - 1, old["upperbound"], strict=True)):
        if np.isnan(faulty):
            continue
        _, bound_, trend = independent.farrington_1996(y, dates, at)
        assert found["upper"].iloc[row] == pytest.approx(bound_, rel=1e-6)
        assert (found["status"].iloc[row] == "trend used") == trend
        assert independent.farrington_1996(y, dates, at, overwritten=True)[1] == pytest.approx(faulty, rel=1e-4)
        past = reference_periods(counts.index, at, 5, 3, 10, 26)
        design, line = design_of(past, at, flexible["status"].iloc[row] == "trend used")
        assert flexible["upper"].iloc[row] == independent.muan(y[past.rows], design, line)
        assert independent.muan(y[past.rows], design, line, overwritten=True) == upper["upperbound"].iloc[row]


def test_the_first_bounds_of_the_packages_own_test(real_data):
    given = answer(real_data, "newport", "ears_C1_alpha05")
    found = pg.Ears(alpha=0.05).monitor(series(real_data, "newport"), test=list(given["week"] - 1))
    assert found["upper"].iloc[:4].round(6).tolist() == [3.278854, 3.278854, 3.436517, 3.855617]


def weeks(n, start="2017-01-02"):
    return pd.date_range(start, periods=n, freq="7D", name="period")


def drawn(mean, dispersion, columns, n=360, seed=0):
    """Negative binomial counts with a season and a trend, shape (n, columns)."""
    t = np.arange(n)
    level = mean * np.exp(0.4 * np.sin(2 * np.pi * t / 52.18) + 0.1 * (t - n / 2) / 52.18)[:, None]
    rng = np.random.default_rng(seed)
    level = level * np.ones((1, columns))
    counts = rng.poisson(level if dispersion == 1 else rng.gamma(level / (dispersion - 1), dispersion - 1))
    return pd.DataFrame(counts.astype(float), weeks(n))


@pytest.mark.parametrize("detector", [pg.Farrington(), pg.NegBinEwma()], ids=repr)
@pytest.mark.parametrize(("mean", "dispersion"), [(0.5, 2), (20, 3)])
def test_false_alarms_are_as_many_as_announced(detector, mean, dispersion):
    """No rise is planted: alarms over their announced number, within 0.7 to 1.3 and chance."""
    counts, tests = drawn(mean, dispersion, 200), list(range(316, 360, 11))
    found = detector.monitor(counts, test=tests)
    told = float(np.nansum(tail(found["least"].to_numpy(), found["usual"].to_numpy(), found["variance"].to_numpy())))
    real = int(found["alarm"].to_numpy().sum())
    assert 0.7 * told - 2 * np.sqrt(0.7 * told) <= real <= 1.3 * told + 2 * np.sqrt(1.3 * told)


@pytest.mark.parametrize("detector", [*ALL, pg.Farrington()], ids=repr)
def test_columns_and_scale_of_exposure_do_not_matter(detector):
    """Shuffled columns shuffle the answer; exposure times a constant changes nothing; a series is a column."""
    counts = drawn(6, 2, 4, n=330).set_axis(list("abcd"), axis=1)
    found = detector.monitor(counts, test=2)
    if not isinstance(detector, (pg.Cusum, pg.Glr)):  # their draws go by position
        mixed = detector.monitor(counts[list("cadb")], test=2)
        for part in ("expected", "upper", "p_value"):
            np.testing.assert_allclose(mixed[part][list("abcd")], found[part], rtol=1e-6)
    days = pd.Series(7.0, counts.index)
    np.testing.assert_allclose(detector.monitor(counts, days, test=2)["upper"], found["upper"], rtol=1e-5)
    assert (found["alarm"] == (counts.iloc[-2:] >= found["least"])).all(axis=None)


def test_a_sparse_column_has_no_bound_and_a_short_history_no_answer():
    counts = pd.Series(0.0, weeks(330))
    counts.iloc[[10, 90, 200]] = 1
    assert pg.Farrington().monitor(counts, test=1)["status"].item() == "too few"
    short = pg.Farrington().monitor(counts.iloc[:200])
    assert set(short["status"]) == {"too short"}
    assert not short["alarm"].any()


@pytest.mark.parametrize(("wild", "rate", "at"), [(3000, 0.3, 100), (30000, 3.0, 80), (30000, 3.0, 120)])
def test_one_wild_week_of_the_past_makes_no_usual_week_an_alarm(wild, rate, at):
    """It bent the trend to 1e-10 and the dispersion so far that the bound was 0: up to 81 % of usual weeks rose."""
    weeks = pd.date_range("2018-01-01", periods=353, freq="7D", name="period")
    counts = pd.DataFrame(np.random.default_rng(1).poisson(rate, (353, 10)), weeks)
    counts.iloc[at] = wild
    found = pg.Farrington().monitor(counts, test=46)
    told = np.isfinite(found["upper"].to_numpy())
    assert told.any()
    assert (found["upper"].to_numpy()[told] > 0).all()
    assert found["alarm"].to_numpy().mean() < 0.1


@pytest.mark.parametrize("how", [lambda c: pg.NegBinEwma().monitor(c), lambda c: pg.Ears().monitor(c.iloc[:, 0]),
                                 lambda c: pg.raise_alerts(c, pg.NegBinEwma())])  # fmt: skip
def test_a_missing_period_is_refused_with_its_date(how):
    """Weeks on both sides of a gap were taken for neighbours."""
    weeks = pd.date_range("2024-01-01", periods=40, freq="7D", name="period")
    counts = pd.DataFrame(np.random.default_rng(0).poisson(3, (40, 2)), weeks, ["a", "b"])
    with pytest.raises(DataError, match=r"1 periods are missing.*2024-03-11.*add them with zeros"):
        how(counts.drop(index=weeks[10]))
    how(counts)


def test_holidays_are_expected():
    """Days of a market bring twice the counts: known beforehand they raise no alarm, unknown they do."""
    days = pd.date_range("2024-01-01", periods=300, freq="D", name="period")
    market = pd.Series((np.arange(300) % 10 == 4).astype(float), days)
    counts = pd.Series(np.random.default_rng(1).poisson(10 * (1 + market)), days)
    on = market.iloc[-100:] == 1
    blind = pg.NegBinEwma().monitor(counts, test=100)
    told = pg.NegBinEwma(events=market).monitor(counts, test=100)
    assert told["expected"][on].mean() == pytest.approx(20, rel=0.15)
    assert blind["p_value"][on].median() < 0.05 < told["p_value"][on].median()


def test_tails_are_those_of_scipy():
    from scipy import stats

    count, mean, variance = np.array([0, 1, 5, 40]), np.array([0.2, 1.0, 4.0, 30.0]), np.array([0.5, 1.0, 9.0, 60.0])
    size = mean**2 / np.maximum(variance - mean, 1e-9)
    wanted = stats.nbinom.sf(count - 1, size, size / (size + mean))
    wanted[1] = stats.poisson.sf(0, 1.0)
    np.testing.assert_allclose(tail(count, mean, variance), wanted, rtol=1e-9)
    for alpha in (0.2, 0.01, 1e-4):
        upper = bound(alpha, mean, variance)
        assert (tail(upper + 1, mean, variance) <= alpha).all()
        assert (tail(upper, mean, variance) > alpha).all()


@pytest.mark.parametrize("detector", [*ALL, pg.Farrington()], ids=repr)
def test_nonsense_is_refused_in_words(detector):
    counts = pd.Series(1.0, weeks(30))
    for bad in (counts - 2, counts + 0.5, counts.reset_index(drop=True), counts.iloc[::-1], [1, 2, 3], None):
        with pytest.raises(DataError):
            detector.monitor(bad)
    for test in (0, 31, "2001-01-01", [99], object(), 1.5):
        with pytest.raises(DataError):
            detector.monitor(counts, test=test)
    for exposure in (counts * 0, counts * np.nan, 3, counts.iloc[:5]):
        with pytest.raises((DataError, AlignmentError)):
            detector.monitor(counts, exposure)


@pytest.mark.parametrize(
    "settings",
    [
        {"method": "C4"}, {"alpha": 0}, {"alpha": "x"}, {"baseline": 1},
    ],
)  # fmt: skip
def test_settings_of_ears(settings):
    with pytest.raises(DataError):
        pg.Ears(**settings)


@pytest.mark.parametrize("settings", [{"method": "old"}, {"threshold": "x"}, {"b": 0}, {"alpha": 2}, {"trend_p": 3}])
def test_settings_of_farrington(settings):
    with pytest.raises(DataError):
        pg.Farrington(**settings)
