"""Charts show what the tables say: numbers, marks and words are read off the axes."""

import warnings

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

import patrolgeo as pg
from patrolgeo.errors import DataError, MissingColumnError
from patrolgeo.words.messages import load_words


def axes():
    return Figure(figsize=(9, 4)).subplots()


def texts(ax):
    return [t.get_text() for t in ax.findobj(Text) if t.get_text()]


@pytest.fixture(scope="module")
def incidents():
    rng = np.random.default_rng(0)
    day = np.repeat(pd.date_range("2023-01-01", "2024-12-31"), 3)
    times = pd.Series(day) + pd.to_timedelta(rng.uniform(0, 24, len(day)), "h")
    return pd.DataFrame({"time": times})


@pytest.fixture(scope="module")
def found():
    rng = np.random.default_rng(1)
    counts = pd.Series(rng.poisson(rng.gamma(2, 10, 20)).astype(float), index=[f"area <{k}>" for k in range(20)])
    return {
        "lorenz": pg.concentration(counts),
        "knox": pg.knox(
            rng.uniform(0, 300, (50, 2)), np.arange(50), [0, 100, 200, np.inf], [0, 5, 10], n_permutations=19
        ),
        "funnel": pg.funnel(counts, pd.Series(rng.uniform(50, 400, 20), counts.index)),
        "top": pd.DataFrame({
            "area_name": [f"area {k}" for k in range(12)], "near": ["bar <b>&$x^2$"] * 11 + [None],
            "incidents": np.arange(30.0, 18, -1), "expected": 4.2, "ratio": [np.nan, *[5.0] * 11],
        }),
    }  # fmt: skip


def all_charts(incidents, found, **more):
    yield pg.plot_calendar(incidents, **more)
    yield pg.plot_hour_week(incidents, **more)
    yield pg.plot_weeks(pg.weekly_band(incidents), **more)
    yield pg.plot_lorenz(found["lorenz"], **more)
    yield pg.plot_knox(found["knox"], **more)
    yield pg.plot_funnel(found["funnel"], **more)
    yield pg.plot_top_ten(found["top"], **more)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_chart_is_titled_in_its_language_and_draws(incidents, found, language):
    words = load_words(language)
    ax = axes()
    titles = []
    for chart in all_charts(incidents, found, ax=ax, language=language):
        titles.append(chart.get_title(loc="left"))
        assert chart is ax
    assert titles == [words[f"chart_{n}"] for n in ("calendar", "hours", "weeks", "lorenz", "knox", "funnel", "top")]


def test_charts_make_axes_of_their_own_when_none_are_given(found):
    import matplotlib.pyplot as plt

    ax = pg.plot_lorenz(found["lorenz"])
    assert ax.figure.number in plt.get_fignums()
    plt.close(ax.figure)


def test_the_calendar_holds_the_count_of_each_day(incidents):
    extra = pd.DataFrame({"time": pd.to_datetime(["2024-12-25 10:00"] * 40)})
    shown = pg.plot_calendar(pd.concat([incidents, extra]), ax=axes()).images[0].get_array()
    assert shown.shape == (7, 53)
    assert shown.max() == 43
    row, column = np.unravel_index(np.nanargmax(shown.filled(-1)), shown.shape)
    assert (row, column) == (2, 52 - 1)  # a Wednesday; the last week begins on 30 December


def test_hours_that_are_not_known_stand_apart():
    clock = pd.date_range("2024-01-01 00:20", periods=7 * 24, freq="h")
    nights = pd.to_datetime(["2024-01-06"] * 30)  # a Saturday, default midnights
    ax = pg.plot_hour_week(pd.DataFrame({"time": clock.append(nights)}), ax=axes())
    field = {(t.get_position()[0], t.get_position()[1]): t.get_text() for t in ax.texts}
    assert field[0, 5] == "1"
    assert field[25, 5] == "30"
    assert (25, 4) not in field


def test_the_lorenz_chart_marks_the_shares_of_the_table(found):
    ax = pg.plot_lorenz(found["lorenz"], ax=axes())
    half = found["lorenz"].shares.loc[0.5, "base"]
    assert f"50%: {half:.1%}" in texts(ax)


def test_the_knox_table_tells_ratios_and_sets_sure_ones_in_bold(found):
    ax = pg.plot_knox(found["knox"], ax=axes())
    fields = {t.get_position()[::-1]: t for t in ax.texts}
    for at, ratio in np.ndenumerate(found["knox"].ratio):
        assert fields[at].get_text() == f"{ratio:.2f}"
        assert (fields[at].get_fontweight() == "bold") == (found["knox"].p_adjusted[at] <= 0.05)
    assert [t.get_text() for t in ax.get_yticklabels()][-1] == "200–∞"


def test_the_funnel_names_areas_outside_and_no_others(found):
    ax = pg.plot_funnel(found["funnel"], ax=axes())
    outside = found["funnel"].query("outside != ''").index
    assert set(outside) == {t.get_text() for t in ax.texts}


def test_the_top_ten_has_ten_rows_and_plain_texts(found):
    table = pg.plot_top_ten(found["top"], ax=axes()).tables[0].get_celld()
    assert max(row for row, _ in table) == 10
    assert table[1, 2].get_text().get_text() == "bar <b>&$x^2$"
    assert not table[1, 2].get_text().get_parse_math()
    assert table[1, 5].get_text().get_text() == "–"


def test_hostile_names_are_drawn_as_written():
    names = ["$\\frac{", "<script>", "a\x00b", "x" * 500, "巡区一", "{}"]
    spots = pd.DataFrame({"near": names, "incidents": 1.0, "expected": 1.0, "ratio": 1.0})
    areas = pd.DataFrame(
        {"expected": 10.0, "ratio": 3.0, "low_95": 0.5, "high_95": 1.6, "low_998": 0.2, "high_998": 2.1,
         "outside": "above"}, index=names,
    )  # fmt: skip
    figure = Figure()
    one, other = figure.subplots(2)
    pg.plot_top_ten(spots, ax=one)
    pg.plot_funnel(areas, ax=other)
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        figure.canvas.draw()
    assert "a�b" in texts(other)


def test_what_cannot_be_drawn_is_refused(found):
    with pytest.raises(DataError, match="ax must be"):
        pg.plot_lorenz(found["lorenz"], ax="here")
    with pytest.raises(DataError, match="must be a KnoxResult"):
        pg.plot_knox(found["lorenz"])
    with pytest.raises(DataError, match="no incident"):
        pg.plot_calendar(pd.DataFrame({"time": pd.to_datetime([])}))
    with pytest.raises(MissingColumnError):
        pg.plot_funnel(pd.DataFrame({"ratio": [1.0]}))
    with pytest.raises(DataError, match="language"):
        pg.plot_lorenz(found["lorenz"], language="xx")
