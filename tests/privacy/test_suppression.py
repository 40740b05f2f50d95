"""Nothing small can be told from what is published: an attacker with every table, and two releases, tries."""

import h3
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from patrolgeo import DataError, suppress_small_counts
from patrolgeo.privacy.suppression import MARGINS

CELLS = sorted(c for p in ("88309c4de3fffff", "88309c4de7fffff") for c in h3.cell_to_children(p, 9))[:12]
BY = [["period"], ["category"], ["cell"], ["period", "category"], ["cell", "category"], ["cell", "period"], [*MARGINS]]


def sparse_panel(seed, periods=3):
    rng = np.random.default_rng(seed)
    rates = rng.gamma(0.4, 6.0, len(CELLS))
    columns = pd.MultiIndex.from_product([["burglary", "theft"], CELLS], names=["category", "cell"])
    index = pd.date_range("2024-01-01", periods=periods, freq="7D", name="period")
    counts = rng.poisson(np.tile(rates, 2) * rng.choice([0.2, 1.0, 2.0], (periods, 1)))
    return pd.DataFrame(counts.astype(float), index=index, columns=columns)


def published_sums(release, panel):
    """Every published number as a set of counts: a matrix of members, and the numbers."""
    leaves = release.leaves
    rows, values = [], []
    tables = [(release.totals(by), leaves[by]) for by in BY]
    for resolution in (8, 7):
        table = release.parents(resolution).T.stack()
        up = leaves.assign(cell=[h3.cell_to_parent(c, resolution) for c in leaves["cell"]])
        tables.append((table, up[["category", "cell", "period"]]))
    for table, keys in tables:
        labels = pd.MultiIndex.from_frame(keys) if keys.shape[1] > 1 else pd.Index(keys.iloc[:, 0])
        for label, value in table.dropna().items():
            members = np.asarray(labels == label, float)
            assert members.any()
            rows.append(members)
            values.append(value)
    truth = panel.to_numpy().ravel()
    return np.array(rows), np.array(values), truth


def narrowest_range(releases, panel):
    """The narrowest range to which the attacker can bound a suppressed count, by linear programming."""
    systems = [published_sums(r, panel) for r in releases]
    members, values = np.vstack([s[0] for s in systems]), np.concatenate([s[1] for s in systems])
    hidden = np.flatnonzero(np.any([r.totals([*MARGINS]).isna() for r in releases], axis=0))
    shown = releases[0].totals([*MARGINS])
    order = releases[0].leaves[[*MARGINS]].apply(tuple, axis=1)
    position = {label: i for i, label in enumerate(order)}
    assert len(hidden), "nothing is suppressed, so nothing is tested"
    widths = []
    for label in shown.index[hidden]:
        target = np.eye(len(order))[position[label]]
        low = linprog(target, A_eq=members, b_eq=values, bounds=(0, None))
        high = linprog(-target, A_eq=members, b_eq=values, bounds=(0, None))
        widths.append(np.inf if high.status == 3 else -high.fun - low.fun)
    return min(widths)


@pytest.mark.parametrize("seed", range(6))
def test_an_attacker_with_all_tables_cannot_bound_a_suppressed_count(seed):
    panel = sparse_panel(seed)
    release = suppress_small_counts(panel, threshold=5)
    assert narrowest_range([release], panel) >= 5 - 1e-6


def test_the_attacker_wins_when_only_small_counts_are_suppressed():
    """Plain suppression of 1 to 4, with parents published, is broken by the same attacker: the test can fail."""
    panel = sparse_panel(3)
    naive = suppress_small_counts(panel, threshold=5)
    naive = type(naive)(naive.leaves.assign(block=np.arange(panel.size)), panel.to_numpy().ravel(), 5)
    members, values, truth = published_sums(naive, panel)
    alone = members.sum(axis=1) == 1
    kept = ~(alone & (values > 0) & (values < 5))
    target = np.eye(panel.size)[np.flatnonzero((truth > 0) & (truth < 5))[0]]
    low, high = (linprog(s * target, A_eq=members[kept], b_eq=values[kept], bounds=(0, None)).fun * s for s in (1, -1))
    assert high - low < 5


@pytest.mark.parametrize("seed", range(4))
def test_two_releases_cannot_be_differenced(seed, tmp_path):
    panel = sparse_panel(seed)
    first = suppress_small_counts(panel, threshold=8, register=tmp_path / "register.parquet")
    second = suppress_small_counts(panel, threshold=5, register=tmp_path / "register.parquet")
    assert narrowest_range([first, second], panel) >= 5 - 1e-6


def test_without_the_register_two_releases_can_be_differenced():
    """The same pair without the register is broken for some data: the register is what protects."""
    widths = []
    for seed in range(4):
        panel = sparse_panel(seed)
        releases = [suppress_small_counts(p, threshold=5) for p in (panel, panel)]
        releases[1] = suppress_small_counts(panel, threshold=9)
        widths.append(narrowest_range(releases, panel))
    assert min(widths) < 5


@pytest.mark.parametrize("seed", range(3))
def test_published_numbers_are_the_true_ones(seed):
    panel = sparse_panel(seed)
    members, values, truth = published_sums(suppress_small_counts(panel), panel)
    np.testing.assert_allclose(members @ truth, values)


def test_a_late_record_does_not_show_in_the_next_release(tmp_path):
    panel = sparse_panel(1)
    first = suppress_small_counts(panel, register=tmp_path / "r.parquet")
    late = panel.copy()
    late.iloc[0, int(panel.iloc[0].argmax())] += 2
    second = suppress_small_counts(late, register=tmp_path / "r.parquet")
    pd.testing.assert_series_equal(first.totals("period"), second.totals("period"))
    many = panel.copy()
    many.iloc[0, int(panel.iloc[0].argmax())] += 50
    third = suppress_small_counts(many, register=tmp_path / "r.parquet")
    assert third.totals("period").iloc[0] == first.totals("period").iloc[0] + 50


def test_new_weeks_are_published_beside_the_earlier_ones(tmp_path):
    panel = sparse_panel(2, periods=4)
    first = suppress_small_counts(panel.iloc[:3], register=tmp_path / "r.parquet")
    second = suppress_small_counts(panel, register=tmp_path / "r.parquet")
    pd.testing.assert_frame_equal(second.counts.iloc[:3], first.counts, check_freq=False)
    assert second.totals("period").iloc[3] == panel.iloc[3].sum()


def test_a_release_that_cuts_across_an_earlier_one_is_refused(tmp_path):
    panel = sparse_panel(0)
    suppress_small_counts(panel, register=tmp_path / "r.parquet")
    shifted = panel.set_axis(panel.index + pd.Timedelta(days=1))
    with pytest.raises(DataError, match="other period labels"):
        suppress_small_counts(shifted, register=tmp_path / "r.parquet")
    with pytest.raises(DataError, match="other category labels"):
        suppress_small_counts(panel.T.groupby("cell").sum().T, register=tmp_path / "r.parquet")


def test_small_and_their_zeros_are_hidden_together_and_large_ones_shown():
    counts = pd.Series([0, 2, 9, 30, 4, 0, 12], index=sorted(h3.cell_to_children("88309c4de3fffff", 9)))
    release = suppress_small_counts(counts)
    assert release.counts.iloc[0].isna().tolist() == [True, True, False, False, True, True, False]
    assert release.parents(8).iloc[0, 0] == 57
    assert release.summary()["suppressed"] == 4


def test_too_few_in_all_publishes_no_number():
    release = suppress_small_counts(pd.Series([1.0, 0, 2], index=CELLS[:3]))
    assert release.counts.isna().all(axis=None)
    assert release.totals("period").isna().all()


def test_all_zeros_are_shown_and_empty_is_an_error():
    assert (suppress_small_counts(pd.Series(0.0, index=CELLS)).counts == 0).all(axis=None)
    with pytest.raises(DataError, match="no counts"):
        suppress_small_counts(pd.DataFrame(index=pd.DatetimeIndex([])))


@pytest.mark.parametrize("threshold", [0, -1, 2.5, np.nan, np.inf, "five", None, True])
def test_a_threshold_that_is_no_count_is_refused(threshold):
    with pytest.raises(DataError, match="threshold"):
        suppress_small_counts(pd.Series([1.0, 0, 2], index=CELLS[:3]), threshold=threshold)


def test_a_register_that_is_none_is_named(tmp_path):
    (tmp_path / "r.parquet").write_text("no register")
    with pytest.raises(DataError, match=r"r\.parquet is not a register"):
        suppress_small_counts(pd.Series([1.0, 0, 2], index=CELLS[:3]), register=tmp_path / "r.parquet")
