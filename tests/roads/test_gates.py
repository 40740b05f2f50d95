"""Flows agree with the counts at gates, and change no more than they must."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import RoadGraph, calibrate_flows, flow_paths
from patrolgeo.errors import AlignmentError, DataError


def street(pieces):
    """A road of some pieces in a row, and one apart from it."""
    ends = [(k, k + 1) for k in range(pieces)] + [(20, 21)]
    lines = [shapely.LineString([(119.9 + a / 100, 31.7), (119.9 + b / 100, 31.7)]) for a, b in ends]
    return RoadGraph.from_lines(gpd.GeoSeries(lines, crs="EPSG:4326"))


def test_calibrated_flows_show_the_counts_and_leave_the_rest():
    graph = street(6)
    flows = pd.Series(10.0, pd.MultiIndex.from_tuples([(a, b) for a in range(7) for b in range(7) if a != b]))
    paths = flow_paths(graph, flows)
    busy = paths.load(flows).nlargest(2)
    new = calibrate_flows(flows, paths, busy * 1.7)
    assert np.allclose(paths.load(new)[busy.index], busy * 1.7, rtol=1e-5)
    touched = np.asarray(paths.passes[:, busy.index].sum(axis=1)).ravel() > 0
    assert (new[~touched] == 10.0).all()
    with pytest.raises(DataError, match="no flow passes the gate"):
        calibrate_flows(flows, paths, pd.Series({paths.load(flows).idxmin(): 5.0}))


def test_counts_that_contradict_each_other_are_refused():
    graph = street(2)
    flows = pd.Series({(0, 2): 10.0})
    paths = flow_paths(graph, flows)
    with pytest.raises(DataError, match="contradict"):
        calibrate_flows(flows, paths, pd.Series({0: 5.0, 1: 50.0}), rounds=50)
    with pytest.raises(AlignmentError, match="99"):
        calibrate_flows(flows, paths, pd.Series({99: 5.0}))
