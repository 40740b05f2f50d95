"""The checkpoints of a county in one step: traffic, sites that meet it, grades of duty, borders shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypedDict, Unpack

import geopandas as gpd
import pandas as pd

from patrolgeo import crs
from patrolgeo._checks import check_options
from patrolgeo._show import Rows, Shown, some_of
from patrolgeo.plan.checkpoints.border_help import AGREEMENT, POST, STATION, border_proposals
from patrolgeo.plan.checkpoints.duty_levels import NestedTiers, nested_tiers
from patrolgeo.plan.checkpoints.interception import InterceptionPlan, intercept_flows
from patrolgeo.plan.checkpoints.key_places import Defence, defend_places, middles
from patrolgeo.plan.checkpoints.shared_borders import JointPlan, border_places, joint_coverage
from patrolgeo.plan.checkpoints.traffic import Traffic, county_traffic, nearest_pieces
from patrolgeo.roads.paths import FlowPaths
from patrolgeo.roads.travel import travel_time

ANYWHERE_M = 1e9  # further than any place on Earth: a station belongs to an area wherever it lies


@dataclass(frozen=True, repr=False)
class CheckpointPlan(Shown):
    """Checkpoints of a county, the traffic they meet, and its borders.

    Parameters
    ----------
    interception
        The sites of normal duty (labels of ``graph.edges``) and the flows they intercept.
    traffic
        The flows they were chosen for, with their ways and kinds.
    points
        GeoSeries by site of any grade: the middle of its piece of road.
    one_more
        Flow that one more checkpoint would meet.
    officers
        Officers at a site at a time.
    tiers
        Nested sets of sites by grade of duty; None without grades.
    defence
        Key places and their checkpoints; None without key places.
    joint
        Border villages and who reaches them; None without areas or stations.
    proposals
        What can be done for border villages that lack a side, see `border_proposals`; None without `joint`.
    """

    interception: InterceptionPlan
    traffic: Traffic
    points: gpd.GeoSeries
    one_more: float
    officers: int
    tiers: NestedTiers | None
    defence: Defence | None
    joint: JointPlan | None
    proposals: pd.DataFrame | None = None

    def _head(self) -> str:
        plan = self.interception
        return f"{len(plan.sites)} checkpoints meet {plan.intercepted_share:.1%} of the traffic, {plan.status}"

    def _rows(self) -> Rows:
        numbers = self.summary()
        rows = [
            ("checkpoints", some_of(self.interception.sites)), *self.interception.proof(),
            ("met twice", f"{numbers['intercepted_twice_share']:.1%} of the traffic"),
            ("one more", f"would meet {numbers['one_more_share']:.1%} more"),
            ("officers", f"{self.officers} at a time, {numbers['staff_hours_per_day']:,.6g} hours a day"),
        ]  # fmt: skip
        if self.tiers is not None:
            rows.append(("grades", ", ".join(f"{grade} {n}" for grade, n in self.tiers.table["sites"].items())))
        if self.defence is not None:
            rows.append(("key places", f"{numbers['key_places_defended']} of {numbers['key_places']} defended"))
        if self.joint is not None:
            both, all_of_them = numbers["border_villages_covered_twice"], numbers["border_villages"]
            rows.append(("border villages", f"{both} of {all_of_them} reached from both sides"))
        return rows

    @property
    def flows(self) -> pd.Series:
        """Trips by pair of zones."""
        return self.traffic.flows

    @property
    def paths(self) -> FlowPaths:
        """The ways of the flows."""
        return self.traffic.paths

    def summary(self) -> dict[str, Any]:
        """Return the numbers that `summary.json` shows under "checkpoints"."""
        plan, staff = self.interception, self.interception.staffing(self.officers)
        total = float(plan.flows.sum()) or 1.0
        numbers: dict[str, Any] = {
            "n": len(plan.sites), "intercepted_share": plan.intercepted_share,
            "bound": None if plan.bound is None else plan.bound / total, "gap": plan.gap, "status": plan.status,
            "by_kind": plan.share_by(self.traffic.kind).to_dict(),
            "intercepted_twice_share": float(plan.flows[plan.times > 1].sum()) / total,
            "one_more_share": self.one_more / total, "flows_kept": self.traffic.kept, "officers": self.officers,
            "posts": staff["posts"], "shifts_per_day": staff["shifts_per_day"],
            "staff_hours_per_day": staff["officer_hours_per_day"], "officers_per_day": staff["officers_per_day"],
        }  # fmt: skip
        if self.tiers is not None:
            numbers["grades"] = {
                str(grade): {"n": int(row["sites"]), "intercepted_share": row["objective"] / total, "loss": row["loss"]}
                for grade, row in self.tiers.table.to_dict("index").items()
            }
        if self.defence is not None:
            places = self.defence.places
            numbers |= {"key_places": len(places), "key_places_defended": int(places["defended"].sum())}
        if self.joint is not None:
            numbers |= {
                "border_villages": len(self.joint.places), "border_villages_covered_twice": self.joint.covered_twice,
                "border_villages_missing": [str(v) for v in self.joint.missing.index],
            }  # fmt: skip
        if self.proposals is not None:
            numbers["border_proposals"] = {
                kind: int((self.proposals["proposal"] == kind).sum()) for kind in (STATION, POST, AGREEMENT)
            }
        return numbers

    def to_gdf(self) -> gpd.GeoDataFrame:
        """Return one row a checkpoint, lower grades first: its grade, its staff, what it adds to those before."""
        total, sites, gain = float(self.flows.sum()) or 1.0, self.interception.sites, self.interception.gain
        if self.tiers is not None:
            grade = self.tiers.grade.loc[list(self.tiers.plans.values())[-1].sites]
            sites = grade.index[grade.map(list(self.tiers.plans).index).argsort(kind="stable")]
            paths = self.traffic.paths
            gain = intercept_flows(paths, self.traffic.flows, len(sites), existing=sites, effort=0, random_state=0).gain
        table = pd.DataFrame({"piece": sites, "kind": "checkpoint"}, pd.RangeIndex(1, len(sites) + 1, name="rank"))
        if self.tiers is not None:
            table["grade"] = self.tiers.grade.reindex(sites).to_numpy()
        table["passes_share"] = self.traffic.load.reindex(sites).to_numpy() / total
        table["adds_share"] = gain.reindex(sites).to_numpy() / total
        table["staff_hours"] = 24.0 * self.officers
        return gpd.GeoDataFrame(table, geometry=self.points.loc[sites].to_numpy(), crs=self.points.crs)


class Settings(TypedDict, total=False):
    """What a plan of checkpoints seldom changes, and what it needs for shared borders."""

    key_minutes: float
    areas: gpd.GeoDataFrame | None
    stations: gpd.GeoSeries | gpd.GeoDataFrame | None
    reach_minutes: float
    border_m: float
    n_border_posts: int
    closed: Any
    prove: bool
    random_state: Any


def plan_checkpoints(
    graph: Any,
    villages: gpd.GeoDataFrame,
    n_sites: int,
    *,
    crossings: gpd.GeoSeries | gpd.GeoDataFrame | None = None,
    existing: gpd.GeoSeries | gpd.GeoDataFrame | None = None,
    attraction: pd.Series | None = None,
    gates: gpd.GeoDataFrame | None = None,
    key_places: gpd.GeoSeries | gpd.GeoDataFrame | None = None,
    grades: Mapping[str, int] | None = None,
    officers: int = 2,
    **settings: Unpack[Settings],
) -> CheckpointPlan:
    """Where do the checkpoints of a county stand, what traffic do they meet, and which border villages are shared?

    Trips between villages, and over the crossings of the county border, come from the gravity model (see
    `county_traffic`). Key places are defended first; the other sites are the road pieces that meet most of the trips.
    Border villages are then held against the stations of both sides, with `n_border_posts` further posts at border
    villages where they help most.

    Parameters
    ----------
    graph
        A `RoadGraph`.
    villages
        Points with the column `population` and a unique index.
    n_sites
        Checkpoints in the end, the existing ones included.
    crossings, attraction, gates
        As in `county_traffic`.
    existing
        Points of checkpoints that stand already; each is on its nearest road.
    key_places
        Points that have a checkpoint within `key_minutes` before any site is chosen for the traffic; see
        `defend_places`. The bound is then that of plans that keep these sites.
    grades
        Checkpoints by further grade of duty, rising, such as ``{"raised": 12, "highest": 18}``; raising the grade adds
        posts and moves none.
    officers
        Officers at a checkpoint at a time, around the clock.
    settings
        `key_minutes` (10); `closed`: labels of road pieces where no checkpoint may stand; and the search: `prove`,
        `random_state` as in `intercept_flows`. Shared borders: `areas`
        (patrol areas or townships, polygons; index = their names) and `stations` (points that can send someone; each
        belongs to the area it lies in or is nearest to); `border_m` (2000): a village at most this far from another
        area is a border village; `reach_minutes` (30): wanted minutes to border villages; `n_border_posts` (0):
        further posts that may be set up at border villages.

    Returns
    -------
    CheckpointPlan

    Raises
    ------
    MissingColumnError, AlignmentError
        As in `county_traffic`.
    DataError
        When `grades` do not rise from `n_sites`, or a setting is not valid.
    InfeasibleError
        When `n_sites` is fewer than the existing sites, or no trip passes a candidate.
    TypeError
        When a keyword is not known.

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
    check_options(settings, Settings, "plan_checkpoints")
    closed = pd.Index(settings.get("closed", ()))
    traffic = county_traffic(graph, villages, crossings=crossings, attraction=attraction, gates=gates)
    held = [] if existing is None else list(dict.fromkeys(graph.edges.index[nearest_pieces(graph, existing)]))
    defence = None
    if key_places is not None:
        defence = defend_places(
            graph,
            key_places,
            n_sites,
            settings.get("key_minutes", 10.0),
            traffic.load.drop(closed, errors="ignore"),
            existing=held,
        )
        held = list(defence.sites)
    model = partial(
        intercept_flows, traffic.paths, traffic.flows, prove=settings.get("prove", False),
        random_state=settings.get("random_state", 0),
        candidates=None if closed.empty else graph.edges.index.difference(closed),
    )  # fmt: skip
    tiers = nested_tiers(model, {"normal": n_sites, **grades}, existing=held) if grades else None
    plan = model(n_sites, existing=held) if tiers is None else tiers.plans["normal"]
    sites = plan.sites if tiers is None else tiers.grade.index
    joint, proposals = None, None
    if settings.get("areas") is not None and settings.get("stations") is not None:
        joint, proposals = _shared_borders(graph, villages, settings)
    return CheckpointPlan(
        plan, traffic, middles(graph, pd.Index(sites)), _one_more(traffic, plan), officers, tiers, defence, joint,
        proposals,
    )  # fmt: skip


def _one_more(traffic: Traffic, plan: InterceptionPlan) -> float:
    """Return the flow that the next best site meets."""
    if len(plan.sites) >= len(traffic.paths.labels):
        return 0.0
    more = intercept_flows(
        traffic.paths, traffic.flows, len(plan.sites) + 1, existing=plan.sites, effort=0, random_state=0
    )
    return float(more.objective - plan.objective)


def _shared_borders(
    graph: Any, villages: gpd.GeoDataFrame, settings: Settings
) -> tuple[JointPlan, pd.DataFrame] | tuple[None, None]:
    """Return who reaches the border villages, and what can be done for the others; nothing where there are none."""
    areas, stations, n_posts = settings["areas"], settings["stations"], settings.get("n_border_posts", 0)
    border = border_places(villages, areas, settings.get("border_m", 2000.0))
    if border.empty:
        return None, None
    places = crs.to_lonlat(villages, "villages").geometry.loc[border.index]
    home = border_places(stations, areas, ANYWHERE_M)["area"]
    base = crs.to_lonlat(stations, "stations").geometry
    posts = [f"post {label}" for label in places.index]
    candidates = gpd.GeoSeries(pd.concat([base, places.set_axis(posts)]), crs=crs.LONLAT)
    side = pd.concat([home, border["area"].set_axis(posts)])
    minutes = travel_time(graph, candidates, places)
    chosen = minutes if n_posts else minutes.iloc[: len(base)]
    reach = settings.get("reach_minutes", 30.0)
    joint = joint_coverage(
        chosen, len(base) + n_posts, reach, side.iloc[: len(chosen)], border["area"], neighbour=border["neighbour"],
        demand=villages["population"].loc[border.index].astype(float), existing=base.index,
    )  # fmt: skip
    between = minutes.iloc[len(base) :].set_axis(places.index)
    return joint, border_proposals(joint, minutes.loc[joint.sites], between, side[joint.sites], reach)
