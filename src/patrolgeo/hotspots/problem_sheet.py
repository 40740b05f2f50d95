"""A sheet for each hot spot: what happens there, why there, who else can change it; the patrol comes last."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import stats

from patrolgeo import crs
from patrolgeo._checks import check_columns, check_count, check_positive, check_time
from patrolgeo._show import Rows, Shown
from patrolgeo.hotspots._at_places import is_dwelling

NEAREST = 5  # places that a sheet names
DARK = (19, 5)  # a peak that begins from 19 to 4 o'clock lies in the dark for most of the year
REPEATS = 1.5  # times what chance makes
FEWER = 0.05  # so rarely would so few incidents come by chance
Factor = tuple[str, str, float, float, float, float]

# Who manages a place of this kind, the first that fits.
MANAGERS = {
    "transport": r"\b(bus|tram|train|railway|metro|subway|coach|ferry)\b|^stations?$|车站|公交|地铁|客运|火车",
    "market": r"\b(market|bazaar)s?\b|市场|集市|圩",
    "school": r"\b(school|kindergarten|college|university|universitie)s?\b|学校|小学|中学|幼儿园|大学",
    "parking": r"\b(parking|car park|garage)s?\b|停车",
    "health": r"\b(hospital|clinic)s?\b|医院|卫生院|诊所",
    "venue": r"\b(bar|pub|club|nightclub|karaoke|ktv|restaurant|hotel|liquor)s?\b|酒吧|网吧|歌厅|饭店|宾馆|酒店",
    "shop": r"\b(shop|store|mall|supermarket|bank|atm|fuel|petrol|convenience)s?\b|超市|商店|商场|银行|加油站",
}


@dataclass(frozen=True, repr=False)
class ProblemSheet(Shown):
    """What is known of one hot spot and whom to ask, as codes and values; `write_bulletin` and reports word them.

    Parameters
    ----------
    spot
        Its label in the table of spots.
    incidents, expected
        Recorded, and expected from the people there.
    kinds, peak_workdays, peak_weekend, hours_known
        As in `describe_spots`.
    near
        The nearest places that have a name, at most five: name, kind and metres.
    reasons
        Why here: "facility" (places that draw or serve people are near), "dark" (the peak lies in the dark), "repeats"
        (more than chance makes), "lasting" (above its share in every year), "new" (in one year at most), or "unknown".
    partners
        Who can change it, the first to ask first: kinds of managers ("transport", "market", "venue", ...), "lighting",
        "prevention", "look" (nobody is known yet: go and see), and at the end always "patrol".
    assess_on
        When to look whether it worked.
    usual
        Incidents that would be usual from now until then, if nothing changed.
    fewer_than
        Fewer than this many would be more than chance; 0 when no number would.
    factors
        The layers of a `RiskTerrain` that hold in the spot, the highest factor first: kind of place, operation
        ("within" or "density"), reach in metres, factor, and the bounds of its 90 % interval.
    """

    spot: Any
    incidents: float
    expected: float
    kinds: str
    peak_workdays: str
    peak_weekend: str
    hours_known: float
    near: tuple[tuple[str, str, float], ...]
    reasons: tuple[str, ...]
    partners: tuple[str, ...]
    assess_on: pd.Timestamp
    usual: float
    fewer_than: int
    factors: tuple[Factor, ...] = ()

    def _head(self) -> str:
        return f"spot {self.spot}: {self.incidents:,.6g} incidents, {self.expected:,.3g} expected"

    def _rows(self) -> Rows:
        return [
            ("what", self.kinds), ("when", f"workdays {self.peak_workdays or '-'}, weekend {self.peak_weekend or '-'}"),
            ("hours known", f"{self.hours_known:.0%}"),
            ("why here", ", ".join(self.reasons)),
            ("risk factors", ", ".join(f"{kind} x{factor:.1f}" for kind, _, _, factor, *_ in self.factors) or "-"),
            ("near", ", ".join(name for name, *_ in self.near) or "-"),
            ("who else", ", ".join(self.partners)),
            ("look again", f"{self.assess_on:%Y-%m-%d}; {self.usual:.1f} incidents would be usual until then"),
        ]  # fmt: skip


def problem_sheets(
    spots: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame | None = None,
    *,
    found_on: Any,
    days: float,
    assess_after_days: int = 91,
    near_m: float = 150.0,
    factors: pd.DataFrame | None = None,
) -> list[ProblemSheet]:
    """What is the problem at each hot spot, who besides the police can change it, and when will we know?

    Scan, analyse, respond, assess (Eck and Spelman 1987). The sheet only says what the records and the map of places
    can say; "why" needs a visit. A patrol keeps a place quiet while it is there; owners, light and transport last.

    Parameters
    ----------
    spots
        ``spots.table`` of `join_hot_spots` joined with `describe_spots`.
    places
        Layer with `name` and `kind` (`read_places`); homes among them are passed over.
    found_on
        The day on which the records end.
    days
        How many days of records are behind the counts.
    assess_after_days
        The measures get so much time.
    near_m
        A place counts as near within so many metres of the spot.
    factors
        Which kinds of places raise risk there: rows of `RiskTerrain.story` with the column `spot`.

    Returns
    -------
    A `ProblemSheet` a spot, in the order of the table.

    Raises
    ------
    MissingColumnError
        When `spots` lacks what `describe_spots` says, `places` a name or kind, or `factors` a column.
    DataError
        When a date or number cannot be read.

    References
    ----------
    Eck and Spelman 1987; Goldstein 1990; Braga, Turchan, Papachristos and Hureau 2019 (problem solving at hot spots).

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import problem_sheets
    >>> round = shapely.Point(119.9, 31.7).buffer(0.001)
    >>> spots = gpd.GeoDataFrame({"incidents": [40.0], "expected": 9.0, "kinds": "theft 80 %", "peak_workdays": "20-24",
    ...     "peak_weekend": "21-1", "hours_known": 1.0, "repeat_share": 0.5, "repeat_by_chance": 0.4, "years_above": 2,
    ...     "years": 2}, geometry=[round], crs="EPSG:4326")
    >>> bar = gpd.GeoDataFrame({"name": ["Golden"], "kind": "bar"}, geometry=[round.centroid], crs="EPSG:4326")
    >>> [sheet] = problem_sheets(spots, bar, found_on="2024-12-31", days=730)
    >>> sheet.reasons, sheet.partners
    (('facility', 'dark', 'lasting'), ('venue', 'lighting', 'patrol'))
    """
    check_columns(spots, [*_NUMBERS, *_TEXTS], "spots")
    check_positive(days, "days")
    check_count(assess_after_days, "assess_after_days")
    check_positive(near_m, "near_m")
    until = check_time(found_on, "found_on").normalize() + pd.Timedelta(days=assess_after_days)
    near, raised = _near(spots, places, near_m), _factors(factors)
    rows = pd.DataFrame(spots).to_dict("index").items()
    return [
        _sheet(spot, row, near[k], until, assess_after_days / days, raised.get(spot, ()))
        for k, (spot, row) in enumerate(rows)
    ]


_FACTOR = ["kind", "operation", "reach_m", "factor", "low", "high"]
_TEXTS = ("kinds", "peak_workdays", "peak_weekend")
_NUMBERS = ("incidents", "expected", "hours_known", "repeat_share", "repeat_by_chance", "years_above", "years")
Near = tuple[tuple[str, str, float], ...]


def _sheet(
    spot: Any, row: dict[Any, Any], near: Near, until: pd.Timestamp, share: float, factors: tuple[Factor, ...]
) -> ProblemSheet:
    reasons = _reasons(row, near)
    usual = float(row["incidents"]) * share
    return ProblemSheet(
        spot=spot, incidents=float(row["incidents"]), expected=float(row["expected"]), kinds=str(row["kinds"]),
        peak_workdays=str(row["peak_workdays"]), peak_weekend=str(row["peak_weekend"]),
        hours_known=float(row["hours_known"]), near=near, reasons=reasons, partners=_partners(reasons, near),
        assess_on=until, usual=usual, fewer_than=int(stats.poisson.ppf(FEWER, usual)),
        factors=factors,
    )  # fmt: skip


def _factors(told: pd.DataFrame | None) -> dict[Any, tuple[Factor, ...]]:
    """Return by spot the layers that hold in one of its cells, the highest factor first, each once."""
    if told is None:
        return {}
    check_columns(told, ["spot", *_FACTOR], "factors")
    rows = told[["spot", *_FACTOR]].drop_duplicates()
    rows = rows.sort_values(["factor", "kind"], ascending=[False, True], kind="stable")
    return {spot: tuple(mine[_FACTOR].itertuples(index=False, name=None)) for spot, mine in rows.groupby("spot")}


def _reasons(row: dict[Any, Any], near: Near) -> tuple[str, ...]:
    hours = [int(row[name].split("-")[0]) for name in ("peak_workdays", "peak_weekend") if row[name]]
    dark = bool(hours) and all(hour >= DARK[0] or hour < DARK[1] for hour in hours)
    repeats = row["repeat_share"] > REPEATS * row["repeat_by_chance"]
    years, above = row["years"], row["years_above"]
    found = {
        "facility": any(manager(kind) for _, kind, _ in near), "dark": dark, "repeats": bool(repeats),
        "lasting": years >= 2 and above == years, "new": years >= 2 and above <= 1,
    }  # fmt: skip
    return tuple(name for name, true in found.items() if true) or ("unknown",)


def _partners(reasons: tuple[str, ...], near: Near) -> tuple[str, ...]:
    managers = dict.fromkeys(m for _, kind, _ in near if (m := manager(kind)))
    others = {"lighting": "dark" in reasons, "prevention": "repeats" in reasons}
    known = [*managers, *(name for name, true in others.items() if true)]
    return (*(known or ["look"]), "patrol")


def manager(kind: str) -> str:
    """Return who manages a place of this kind, "" when nobody is known.

    Examples
    --------
    >>> [manager(kind) for kind in ("bus stop", "primary school", "Bar", "农贸市场", "grave")]
    ['transport', 'school', 'venue', 'market', '']
    """
    return next((name for name, words in MANAGERS.items() if re.search(words, str(kind).lower())), "")


def _near(spots: gpd.GeoDataFrame, places: gpd.GeoDataFrame | None, near_m: float) -> list[Near]:
    """Return the nearest named places of each spot; homes are never among them."""
    if places is None or not len(places) or not len(spots):
        return [()] * len(spots)
    check_columns(places, ["name", "kind"], "places")
    named = places[places["name"].fillna("").astype(str).str.strip().ne("") & ~places["kind"].map(is_dwelling)]
    west, south, east, north = crs.to_lonlat(spots, "spots").total_bounds
    middle = ((west + east) / 2, (south + north) / 2)
    shapes = crs.to_local(spots, middle).geometry.to_numpy()
    things = crs.to_local(named, middle).geometry.to_numpy()
    spot, thing = shapely.STRtree(things).query(shapes, predicate="dwithin", distance=near_m)
    metres = shapely.distance(shapes[spot], things[thing])
    names, kinds = named["name"].astype(str).to_numpy(), named["kind"].astype(str).to_numpy()
    apart = shapely.distance(
        shapely.centroid(shapes)[spot], things[thing]
    )  # of those within a spot the middle one first
    order = np.lexsort((kinds[thing], names[thing], apart.round(1), metres.round(1), spot))
    found: list[list[tuple[str, str, float]]] = [[] for _ in shapes]
    for k in order:
        found[spot[k]].append((names[thing[k]], kinds[thing[k]], float(metres[k])))
    return [tuple(one[:NEAREST]) for one in found]
