"""Plan files by the thousand: good ones that must be taken, broken ones that must be refused before a run starts."""

import json
import math
import random

INF, NAN, HUGE = math.inf, math.nan, "9" * 5000  # HUGE is written as a number
NO_NUMBERS = ["x", "", True, [], {}, [1], "1970-01-01", {"n": 1}, NAN, INF, -INF, HUGE, 1e308]
NO_COUNTS = [*NO_NUMBERS, 0, -1, 2.5, 10**9, 2**63]
NO_AMOUNTS = [*NO_NUMBERS, -1, -0.5]
NO_LENGTHS = [*NO_AMOUNTS, 0, 1e9]
NO_SHARES = [*NO_AMOUNTS, 0, 1, 1.5, 100]
NO_WORDS = [5, 1.5, True, [], {}, ["a"], "nowhere", ""]
NO_LISTS = [5, "x", True, [], {}, [[]], [{}], ["twice", "twice"]]
NO_TRUTH = [0, 1, "yes", "true", [], {}]

# key: (values that must be taken, values that must be refused)
KEYS = {
    "title": (["Town", "城镇", "a\nb", "{{ 7 * 7 }}", ""], [5, True, [], {}, 1.5]),
    "preset": (["city"], NO_WORDS),
    "language": (["en", "zh"], NO_WORDS),
    "audience": (["internal", "public"], NO_WORDS),
    "seed": ([0, 1, 2**32 - 1], [*NO_NUMBERS, -1, 2.5, 2**32, 2**63 - 1]),
    "synthetic": ([True, False], NO_TRUTH),
    "release_register": (["kept.parquet"], [5, True, [], {}]),
    "incidents": (None, [5, [], "a.csv", {}, [{"file": "nowhere.csv"}], [5], {"file": 5}, {"file": "nowhere.csv"}]),
    "incidents.encoding": (["utf-8", "gb18030"], [5, [], "no such encoding", "\u0000"]),
    "incidents.tz": (["Asia/Shanghai", "UTC"], [5, [], "Mars/Olympus", "/etc/passwd", "../x"]),
    "incidents.gazetteer": (None, [5, [], "nowhere.csv"]),
    "area": (None, [5, [], "area.geojson", {}, [{"file": "area.geojson"}]]),
    "population": (None, [5, [], "people.csv", [{"file": "people.csv"}]]),
    "analysis": (None, [5, [], "x", [{}]]),
    "analysis.resolution": ([7, 8], [*NO_NUMBERS, -1, 0, 2, 14, 16, 7.5]),
    "analysis.freq": (["W", "28D", "MS"], [*NO_WORDS, "shift", "auto", "w", "W-MON", "2W", "H", "1e9D"]),
    "analysis.origins": ([1, 3, 8], [*NO_COUNTS, 10**6]),
    "analysis.area_shares": ([[0.01, 0.05], [0.1]], [*NO_LISTS, [0], [1], [0.01, "x"], [NAN], [INF], [-1], [0.1, 0.1]]),
    "analysis.alpha": ([0.05, 0.01, 1e-9], [*NO_SHARES, 2.0]),
    "analysis.categories": ([["theft"]], [*NO_LISTS, [1], [True]]),
    "analysis.model": (["auto", "kernel", "past_counts"], NO_WORDS),
    "areas": (None, [5, [], "x", {}, [{"n": 3}]]),
    "areas.n": ([1, 2, 3], NO_COUNTS),
    "areas.workload": (
        [{"population": 1}, {"risk": 0.5, "area": 2}, {"visits": 1e-3, "risk": 1}],
        [5, [], "x", {}, {"risk": 0}, {"risk": -1}, {"risk": NAN}, {"risk": INF}, {"risk": "x"}, {"people": 1},
         {"roads": 1}, {"risk": 1e308}],
    ),
    "areas.speed_kmh": ([5, 25.5, 200], NO_LENGTHS),
    "areas.tolerance": ([0, 0.05, 1], [*NO_AMOUNTS, 1.01, 50]),
    "areas.link_parts": ([True], NO_TRUTH),
    "areas.follow_lines": ([True, False], NO_TRUTH),
    "areas.reassign": ([{}], [5, [], "x", {"a": 0}, {"a": 99}, {"a": True}, {"a": 1.5}, {"a": []}]),
    "areas.shift_hours": ([8, 12.5], NO_LENGTHS),
    "areas.report_minutes": ([0, 15], [*NO_AMOUNTS, 1e9]),
    "areas.stop_minutes": ([10], NO_LENGTHS),
    "areas.stops": ([0, 1], [*NO_AMOUNTS, 1e9]),
    "areas.floor_days": ([7], NO_LENGTHS),
    "areas.passes_per_week": ([0, 1], [*NO_AMOUNTS, 1e9]),
    "hot_spots.max_km2": ([0.25, 2], NO_LENGTHS),
    "hot_spots.n": ([1, 5], NO_COUNTS),
    "sites": (None, [5, [], "x", {}, [{"n": 3}]]),
    "sites.n": ([1, 2, 4], NO_COUNTS),
    "sites.reach_minutes": ([1, 5, 60.5], NO_LENGTHS),
    "sites.kinds": (None, [*NO_LISTS, ["school"]]),  # there are no places
    "sites.max_candidates": ([5, 500], NO_COUNTS),
    "sites.demand": (["risk", "residents"], [5, True, [], {}, "calls"]),
    "strength.unit_officers": ([1, 2], NO_COUNTS),
    "strength.post_hours": ([8, 24.0], NO_LENGTHS),
    "strength.days_worked": ([220], [*NO_LENGTHS, 400]),
    "limits.cells": ([100_000], [*NO_NUMBERS, 0, -1, 2.5]),
    "exclude": (None, [5, "x", [5], {}, {"file": "nowhere.geojson"}, {"file": "area.geojson", "kind": "no_cars"}]),
    "output.crs": (["EPSG:4490", "EPSG:4326", "EPSG:4547"], [5, True, [], {}, "nowhere", "EPSG:0"]),
    "areas.keep": (None, [*NO_WORDS, "exactly"]),  # there are no areas of today
    "areas.stay_minutes": ([0, 5], [*NO_AMOUNTS, 1e9]),
    "areas.fixed": (None, [*NO_LISTS, ["North"]]),
    "areas.anchors": (None, [*NO_WORDS, "stations"]),  # nor stations
    "incidents.hours": ([["22:00", "06:00"]], [*NO_LISTS, ["22:00"], ["a", "b"], [1, 2], ["25:00", "06:00"]]),
    "incidents.weekdays": ([["fri", "sat"]], [*NO_LISTS, ["friday"], [1]]),
    "incidents.categories": ([["theft"]], [*NO_LISTS, [1]]),
    "incidents.from": (["2024", "2024-06", "2024-06-30"], [5, True, [], {}, "soon", "2024-13"]),
    "incidents.until": (["2024-06-30"], [5, True, [], {}, "soon"]),
    "incidents.credit": (["Town Council"], [5, True, [], {}]),
    "area.name": (["dist_name"], [5, True, [], {}]),
    "checkpoints": (None, [5, [], {}, {"n": 2, "border_minutes": 10}]),  # there are no roads
    "country": (["US", "GB", "CN"], [5, [], "UK", "us", "England", ""]),
    "posts": (None, [5, [], {}, {"reach_minutes": 5}, {"reach_minutes": 5, "forces": []}]),
    "tiers": (None, [5, [], {}, {"minutes": {"urgent": 5}}]),  # there are no forces
    "weak": (None, [5, [], {}, {"reach_minutes": 5}]),
    "cameras": (None, [5, [], {}, {"n": 2, "purpose": "x", "operator": "y"}]),
    "cordon": (None, [5, [5], {}, {"name": "x"}, [{}], [{"name": "x", "inside": ["y"]}]]),
    "gates": (None, [5, [], {}, {"file": "people.csv"}]),  # there are no checkpoints
    "shifts": (None, [5, [], {}, {"file": "nowhere.csv"}]),
    "reach_minutes": (None, [5]),
    "areas.reach": (None, [5]),
    "": (None, [5]),
}  # fmt: skip

BASE = {
    "title": "Town", "preset": "city", "incidents.file": "incidents.csv", "area.file": "area.geojson",
    "population.file": "people.csv", "analysis.resolution": 8, "areas.n": 3, "sites.n": 2,
}  # fmt: skip


def good_plan(rng: random.Random) -> dict[str, object]:
    """Return keys and values of a plan that must be taken."""
    able = [key for key, (good, _) in KEYS.items() if good]
    return BASE | {key: rng.choice(KEYS[key][0]) for key in rng.sample(able, rng.randint(0, 6))}


def bad_plan(rng: random.Random) -> tuple[dict[str, object], str]:
    """Return keys and values of a plan with one value that must be refused, and its key."""
    key = rng.choice(list(KEYS))
    plan = {k: v for k, v in good_plan(rng).items() if not k.startswith(f"{key}.")}
    return plan | {key: rng.choice(KEYS[key][1])}, key


def as_toml(plan: dict[str, object]) -> str:
    """Write dotted keys and values as TOML."""
    return "".join(f"{_dotted(key)} = {_value(value)}\n" for key, value in plan.items())


def _dotted(key: str) -> str:
    return ".".join(part if part.isidentifier() else json.dumps(part) for part in key.split("."))


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_dotted(k)} = {_value(v)}' for k, v in value.items())}}}"
    return HUGE if value == HUGE else json.dumps(value, ensure_ascii=False)
