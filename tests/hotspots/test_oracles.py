"""Published numbers, and the installed peers on small cases (extra `peers`; skipped without them)."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import sparse, stats

from patrolgeo import GetisOrd, LocalMoran, geary, general_g, knox, moran
from patrolgeo.hotspots.autocorrelation import _moments, _normal


def one_period(values) -> pd.DataFrame:
    values = np.asarray(values, float)
    return pd.DataFrame(values[None, :], index=pd.to_datetime(["2024-01-01"]), columns=np.arange(len(values)))


@pytest.fixture(scope="module")
def oracles(real_data) -> dict:
    return json.loads((real_data / "oracles" / "oracles.json").read_text())


@pytest.fixture(scope="module")
def columbus():
    """CRIME of Columbus with queen and rook contiguity as sparse 0/1 matrices, as esda takes them."""
    pytest.importorskip("esda")
    import geopandas as gpd
    import libpysal

    table = gpd.read_file(libpysal.examples.get_path("columbus.shp"))
    queen = libpysal.weights.Queen.from_dataframe(table, use_index=False)
    rook = libpysal.weights.Rook.from_dataframe(table, use_index=False)
    return table["CRIME"].to_numpy(float), queen, rook


@pytest.mark.real
def test_six_points(oracles):
    oracle = oracles["getis_ord_six_points"]
    xy = np.array(oracle["points"], float)
    near = (np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) <= oracle["threshold"]) & ~np.eye(6, dtype=bool)
    weights = sparse.csr_matrix(near, dtype=float)
    general = general_g(one_period(oracle["y"]), connectivity=weights)
    assert general.statistic == pytest.approx(oracle["G"], abs=1e-7)
    assert general.p_value / 2 == pytest.approx(oracle["G_p_norm"], abs=1e-6)
    for star, key in ((False, "Gi_z_first_binary"), (True, "Gi_star_z_first_binary")):
        model = GetisOrd(star=star, connectivity=weights, null="raw").fit(one_period(oracle["y"]))
        assert model.statistic_.iloc[0] == pytest.approx(oracle[key], abs=1e-6)


@pytest.mark.real
def test_columbus(oracles, columbus):
    crime, queen, _ = columbus
    oracle, panel = oracles["columbus_crime_queen"], one_period(crime)
    index = moran(panel, connectivity=queen.sparse, null="raw", n_permutations=0)
    assert index.statistic == pytest.approx(oracle["moran_I_row_standardised"])
    assert index.z == pytest.approx(oracle["z_rand"])
    rows = sparse.diags(1 / np.asarray(queen.sparse.sum(axis=1)).ravel()) @ queen.sparse
    normal = _normal("", index.statistic, *_moments("Moran's I", crime - crime.mean(), rows, randomised=False))
    assert normal.z == pytest.approx(oracle["z_norm"])
    local = LocalMoran(connectivity=queen.sparse, null="raw").fit(panel)
    assert local.statistic_.iloc[:3].to_numpy() == pytest.approx(oracle["local_I_first3"], abs=1e-7)
    gi = GetisOrd(connectivity=queen.sparse, null="raw").fit(panel).statistic_
    assert gi.iloc[:5].to_numpy() == pytest.approx(oracle["gi_star_binary_z_first5"], abs=1e-7)
    assert [gi.argmax(), gi.max()] == pytest.approx(oracle["gi_star_max"])
    assert ((gi > 1.96).sum(), (gi < -1.96).sum()) == (oracle["gi_star_above_1.96"], oracle["gi_star_below_-1.96"])


@pytest.mark.real
def test_columbus_geary(oracles, columbus):
    crime, _, rook = columbus
    oracle = oracles["columbus_geary_rook_crime"]
    index = geary(one_period(crime), connectivity=rook.sparse, null="raw", n_permutations=0)
    assert index.statistic == pytest.approx(oracle["C"])
    rows = sparse.diags(1 / np.asarray(rook.sparse.sum(axis=1)).ravel()) @ rook.sparse
    normal = _normal("", index.statistic, *_moments("Geary's C", crime - crime.mean(), rows, randomised=False))
    assert normal.z == pytest.approx(oracle["z_norm"])


@pytest.mark.filterwarnings("ignore")
def test_equal_to_esda(columbus):
    import esda

    crime, queen, rook = columbus
    panel = one_period(crime)
    for weights in (queen, rook):
        weights.transform = "r"
        peer = esda.Geary(crime, weights, permutations=0)
        ours = geary(panel, connectivity=weights.sparse, null="raw", n_permutations=0)
        assert (ours.statistic, ours.z) == pytest.approx((peer.C, peer.z_rand))
        peer = esda.Moran(crime, weights, permutations=0)
        ours = moran(panel, connectivity=weights.sparse, null="raw", n_permutations=0)
        assert (ours.statistic, ours.z) == pytest.approx((peer.I, peer.z_rand))
        local = esda.Moran_Local(crime, weights, permutations=999, seed=1)
        mine = LocalMoran(connectivity=weights.sparse, null="raw", n_permutations=9999, early_stop=None).fit(panel)
        assert mine.statistic_.to_numpy() == pytest.approx(local.Is)
        assert np.abs(mine.p_value_ / 2 - local.p_sim).max() < 0.05
        weights.transform = "b"
        for star in (True, False):
            peer = esda.G_Local(crime, weights, star=star, transform="B", permutations=0)
            ours = GetisOrd(star=star, connectivity=weights.sparse, null="raw").fit(panel)
            assert ours.statistic_.to_numpy() == pytest.approx(peer.Zs)
        assert general_g(panel, connectivity=weights.sparse).z == pytest.approx(
            esda.G(crime, weights, permutations=0).z_norm
        )


@pytest.mark.real
def test_burkitt_lymphoma(oracles):
    """Published with closed bands (at most 20 and at most 5): the half-open edges lie just beyond."""
    libpysal = pytest.importorskip("libpysal")
    cases = libpysal.io.open(libpysal.examples.get_path("burkitt.dbf"))
    xy = np.column_stack([cases.by_col("X"), cases.by_col("Y")]).astype(float)
    day = np.array(cases.by_col("T"), float)
    oracle = oracles["knox"]
    found = knox(xy, day, [oracle["delta"] + 1e-6], [oracle["tau"] + 1e-6], random_state=1)
    assert found.observed[0, 0] == oracle["statistic"]
    assert found.expected[0, 0] == pytest.approx(oracle["expected"][0][0], abs=1e-6)
    assert stats.poisson.sf(found.observed[0, 0], found.expected[0, 0]) == pytest.approx(oracle["p_poisson"])
    assert found.p_value[0, 0] == pytest.approx(0.18, abs=0.06)


@pytest.mark.filterwarnings("ignore")
def test_equal_to_pointpats():
    pointpats = pytest.importorskip("pointpats")
    rng = np.random.default_rng(1)
    xy, day = rng.random((300, 2)) * 2000, rng.integers(0, 100, 300)
    peer = pointpats.Knox(xy, day.reshape(-1, 1).astype(float), 150.0, 9.5, permutations=999)
    ours = knox(xy, day, [150.0], [9.5], n_permutations=999, random_state=1)
    assert ours.observed[0, 0] == peer.statistic_
    assert ours.p_value[0, 0] == pytest.approx(peer.p_sim, abs=0.06)
