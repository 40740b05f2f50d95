"""The checkpoints of a county in one step: traffic, sites that meet it, and borders covered from both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo import crs
from patrolgeo._checks import check_columns
from patrolgeo.plan.interception import InterceptionPlan, intercept_flows
from patrolgeo.plan.joint import JointPlan, border_places, joint_coverage
from patrolgeo.roads.gravity import gravity_flows
from patrolgeo.roads.paths import FlowPaths, flow_paths
from patrolgeo.roads.travel import travel_time

MOST_FLOWS = 20_000
OUTSIDE_SHARE = 0.2  # what the world beyond the border weighs, as a share of the residents (a planning value)


@dataclass(frozen=True)
class CheckpointPlan:
    """Checkpoints of a county, the traffic they meet, and its borders.

    Parameters
    ----------
    interception
        The sites (labels of ``graph.edges``) and the flows they intercept.
    paths, flows
        The ways and the flows they were chosen for. Zones are numbered: first the villages, then the crossings.
    kind
        Series by flow: "inside", "in", "out" or "through".
    flows_kept
        Share of all modelled trips that `flows` holds (the largest pairs).
    joint
        Border villages and who reaches them; None without areas or stations.
    officers
        Officers at a site at a time.
    """

    interception: InterceptionPlan
    paths: FlowPaths
    flows: pd.Series
    kind: pd.Series
    flows_kept: float
    joint: JointPlan | None
    officers: int

    def summary(self) -> dict[str, Any]:
        """Return the numbers that `summary.json` shows under "checkpoints"."""
        plan, staff = self.interception, self.interception.staffing(self.officers)
        total = float(plan.flows.sum())
        numbers: dict[str, Any] = {
            "n": len(plan.sites), "intercepted_share": plan.intercepted_share,
            "bound": plan.bound / total if plan.bound is not None and total else None, "gap": plan.gap,
            "status": plan.status, "by_kind": plan.share_by(self.kind).to_dict(), "flows_kept": self.flows_kept,
            "staff_hours_per_day": staff["officer_hours_per_day"], "officers_per_day": staff["officers_per_day"],
        }  # fmt: skip
        if self.joint is not None:
            numbers |= {
                "border_villages": len(self.joint.places), "border_villages_covered_twice": self.joint.covered_twice,
                "border_villages_missing": [str(v) for v in self.joint.missing.index],
            }  # fmt: skip
        return numbers


def plan_checkpoints(
    graph: Any,
    villages: gpd.GeoDataFrame,
    n_sites: int,
    *,
    crossings: gpd.GeoSeries | gpd.GeoDataFrame | None = None,
    areas: gpd.GeoDataFrame | None = None,
    stations: gpd.GeoSeries | gpd.GeoDataFrame | None = None,
    existing: gpd.GeoSeries | gpd.GeoDataFrame | None = None,
    attraction: pd.Series | None = None,
    reach_minutes: float = 30.0,
    border_m: float = 2000.0,
    n_border_posts: int = 0,
    officers: int = 2,
    prove: bool = False,
    random_state: int | None = None,
) -> CheckpointPlan:
    """Where do the checkpoints of a county stand, what traffic do they meet, and which border villages are shared?

    Trips between villages, and over the crossings of the county border, come from the gravity model; sites are the
    road pieces that meet most of them. Border villages are then held against the stations of both sides, with
    `n_border_posts` further posts at border villages where they help most.

    Parameters
    ----------
    graph
        A `RoadGraph`.
    villages
        Points with the column `population` and a unique index.
    n_sites
        Checkpoints in the end, the existing ones included.
    crossings
        Points where roads cross the county border. All of them together weigh a fifth of the residents (a planning
        value), or what their column `population` says.
    areas
        Patrol areas or townships, polygons; index = their names.
    stations
        Points that can send someone; each belongs to the area it lies in or is nearest to.
    existing
        Points of checkpoints that stand already; each is on its nearest road.
    attraction
        Series by village: what draws trips there, such as residents plus visitors on a market day; residents by
        default.
    reach_minutes
        Wanted minutes to border villages.
    border_m
        A village at most this far from another area is a border village.

    n_border_posts
        Further posts that may be set up at border villages.
    officers
        Officers at a checkpoint at a time, around the clock.

    Returns
    -------
    CheckpointPlan

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import RoadGraph, plan_checkpoints
    >>> lines = gpd.GeoSeries([shapely.LineString([(119.9 + k / 50, 31.7), (119.92 + k / 50, 31.7)]) for k in range(3)],
    ...                       crs="EPSG:4326")
    >>> villages = gpd.GeoDataFrame({"population": [900, 100, 500]},
    ...                             geometry=gpd.points_from_xy([119.9, 119.92, 119.96], [31.7] * 3), crs="EPSG:4326")
    >>> plan = plan_checkpoints(RoadGraph.from_lines(lines, speed=40), villages, 1)
    >>> plan.interception.sites.tolist(), plan.summary()["staff_hours_per_day"]
    ([0], 48.0)
    """
    check_columns(villages, ["population"], "villages")
    sent, drawn, points = _zones(villages, crossings, attraction)
    all_flows = gravity_flows(travel_time(graph, points, points), sent, drawn)
    flows = all_flows.nlargest(MOST_FLOWS)
    kind = _kinds(flows.index, len(villages))
    paths = flow_paths(graph, flows, points)
    held = [] if existing is None else _nearest_pieces(graph, existing)
    plan = intercept_flows(paths, flows, n_sites, existing=held, prove=prove, random_state=random_state)
    joint = None
    if areas is not None and stations is not None:
        joint = _shared_borders(graph, villages, areas, stations, reach_minutes, border_m, n_border_posts)
    return CheckpointPlan(plan, paths, flows, kind, float(flows.sum() / all_flows.sum()), joint, officers)


def _zones(villages: gpd.GeoDataFrame, crossings: Any, attraction: Any) -> tuple[pd.Series, pd.Series, gpd.GeoSeries]:
    """Return what each zone sends and draws, and its point; crossings come after the villages."""
    points = crs.to_lonlat(villages, "villages").geometry.reset_index(drop=True)
    sent = villages["population"].to_numpy(float)
    drawn = sent if attraction is None else attraction.reindex(villages.index).to_numpy(float)
    if crossings is not None:
        gates = crs.to_lonlat(crossings, "crossings")
        even = np.full(len(gates), OUTSIDE_SHARE * sent.sum() / max(len(gates), 1))
        known = "population" in getattr(gates, "columns", [])
        mass = gates["population"].to_numpy(float) if known else even
        sent, drawn = np.r_[sent, mass], np.r_[drawn, mass]
        points = pd.concat([points, gates.geometry.reset_index(drop=True)], ignore_index=True)
    return pd.Series(sent), pd.Series(drawn), gpd.GeoSeries(points, crs=crs.LONLAT)


def _kinds(pairs: pd.MultiIndex, n_villages: int) -> pd.Series:
    """Tell flows within the county from those over its border; crossings are the zones after the villages."""
    origin, destination = (pairs.get_level_values(k).to_numpy() >= n_villages for k in (0, 1))
    names = np.array(["inside", "out", "in", "through"])
    return pd.Series(names[2 * origin + destination], pairs, name="kind")


def _nearest_pieces(graph: Any, points: Any) -> list[Any]:
    metric = crs.road_crs(graph.center)
    edges, at = graph.edges.geometry.to_crs(metric), points.geometry.to_crs(metric)
    piece = edges.sindex.nearest(at, return_all=False)[1]
    return list(dict.fromkeys(graph.edges.index[piece]))


def _shared_borders(
    graph: Any, villages: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, stations: Any, reach: float, border_m: float,
    n_posts: int,
) -> JointPlan | None:  # fmt: skip
    border = border_places(villages, areas, border_m)
    if border.empty:
        return None
    places = crs.to_lonlat(villages, "villages").geometry.loc[border.index]
    home = border_places(stations, areas, np.finfo(float).max)["area"]
    base = crs.to_lonlat(stations, "stations").geometry
    posts = [f"post {label}" for label in places.index]
    candidates = gpd.GeoSeries(pd.concat([base, places.set_axis(posts)]), crs=crs.LONLAT)
    side = pd.concat([home, border["area"].set_axis(posts)])
    if not n_posts:
        candidates, side = base, home
    minutes = travel_time(graph, candidates, places)
    return joint_coverage(
        minutes, len(base) + n_posts, reach, side, border["area"], neighbour=border["neighbour"],
        demand=villages["population"].loc[border.index].astype(float), existing=base.index,
    )  # fmt: skip
