"""What each sentence of a report must say: a function a message, from the files to the values it may print.

`f` is the folder, `said` the values read back, `state` what an earlier sentence said (the share of the area).
A value is a number, a list of numbers in the order printed, or a text. None: the files do not hold the sentence.
"""

import pandas as pd
from scipy import stats

from auditor.numbers import NUMBER

CHECKS, LISTS = {}, {}
SIMPLE = {"naive_population": "population", "naive_area": "area", "naive_past_counts": "past_counts"}


def says(*keys, holds=None):
    """Register the check of one or more messages; `holds` names the value that holds other messages, and its comma."""

    def register(check):
        for key in keys:
            CHECKS[key] = check
            if holds:
                LISTS[key] = holds
        return check

    return register


# ---- what was read and counted


@says("data_span")
def _(f, said, state):
    return {"first": f.told("incidents", "first")[:10], "last": f.told("incidents", "last")[:10]}


@says("placed")
def _(f, said, state):
    read, kept = f.told("incidents", "read"), f.told("incidents", "kept")
    if not f.public:
        assert (read, kept) == (f.inputs["incidents"]["read"], f.inputs["incidents"]["kept"])
    return {"read": read, "kept": kept, "share": kept / read}


@says("origin_known")
def _(f, said, state):
    total, by_officer = f.told("incidents", "kept"), f.told("incidents", "not_counted").get("officer_initiated", 0)
    return {"citizen": total - by_officer, "officer": by_officer, "share": by_officer / total}


@says("valid")
def _(f, said, state):
    last = pd.Timestamp(f.told("incidents", "last")[:10])
    return {"date": f"{last + pd.Timedelta(days=91):%Y-%m-%d}"}


@says("people_kept")
def _(f, said, state):
    read, on_cells = f.told("population", "read"), f.better(f.cells["population"].sum(), "population", "on_cells")
    return {"read": read, "on_cells": on_cells, "outside": f.better(read - on_cells, "population", "outside")}


@says("cells_filled")
def _(f, said, state):
    cells = f.cells
    return {
        "area": cells["area_km2"].sum(), "cells": len(cells), "patrollable": int(cells["patrollable"].sum()),
        "resolution": int(cells["cell"].iloc[0][1], 16),
    }  # fmt: skip


@says("mapping_text")
def _(f, said, state):
    return {"share": f.told("incidents", "mapping_rate")}


@says("counted_text")
def _(f, said, state):
    counted, kept = f.better(f.cells["incidents"].sum(), "incidents", "counted"), f.told("incidents", "kept")
    others = f.told("incidents", "not_counted")
    if not f.public:
        assert counted + sum(others.values()) == kept
    return {"counted": counted, "kept": kept, "reasons": list(others.values())}


@says("officer_text")
def _(f, said, state):
    kinds = f.told("incidents", "officer_kinds")
    assert sum(kinds.values()) == f.cells["officer_records"].sum()
    return {"kinds": list(kinds.values())}


# ---- hot spots


def hot(f):
    return f.cells[f.cells["hotspot"].astype(bool)]


@says("hot_text")
def _(f, said, state):
    n = f.better(len(hot(f)), "hotspots", "significant_cells")
    return {"n": n, "patrollable": f.better(int(f.cells["patrollable"].sum()), "grid", "patrollable")}


@says("worst_cells")
def _(f, said, state):
    return {"n": f.told("hotspots", "significant_cells")}


@says("hot_roles")
def _(f, said, state):
    if f.public:
        told = f.told("hotspots")
        return {
            "itself": told["hot_themselves"],
            "around": told["hot_surrounding"],
            "without": told["without_incident"],
        }
    roles = hot(f)["hotspot_role"]
    return {
        "itself": (roles == "itself").sum(), "around": (roles == "surrounding").sum(),
        "without": (hot(f)["incidents"] == 0).sum(),
    }  # fmt: skip


@says("spots_text", "spots_large_text")
def _(f, said, state):
    told = f.told("hotspots")
    limits = {"max": told["max_km2"], "cell": f.cells["area_km2"].mean()}
    if f.public:
        return limits | {"n": told["spots"], "km2": told["spots_km2"], "incidents": told["incidents_in_spots"],
                         "wider": told["wider_cells"]}  # fmt: skip
    inside = f.cells[f.cells["hot_spot"] > 0]
    assert abs(f.spots_km2 - inside["area_km2"].sum()) < 0.02 * inside["area_km2"].sum()
    assert sorted(inside["hot_spot"].unique()) == sorted(f.spots["spot"])
    return limits | {"n": len(f.spots), "km2": inside["area_km2"].sum(), "incidents": inside["incidents"].sum(),
                     "wider": (hot(f)["hot_spot"] == 0).sum()}  # fmt: skip


@says("found_by_text")
def _(f, said, state):
    told = f.told("hotspots", "found_by")
    if f.public:
        return told
    cells = f.cells[f.cells["hot_spot"] > 0].groupby("hot_spot")
    half = cells["incidents"].sum() / 2
    zoned = f.cells["incidents"].where(f.cells["scan_cluster"] > 0, 0)
    scan = zoned.groupby(f.cells["hot_spot"]).sum()[half.index] >= half
    near = cells["clustered"].sum() >= half
    return {
        "all": (scan & near).sum(), "scan_alone": (scan & ~near).sum(), "clusters_alone": (near & ~scan).sum(),
        "neither": (~scan & ~near).sum(),
    }  # fmt: skip


@says("spot_hours")
def _(f, said, state):
    known = f.spots["hours_known"].head(15)
    return {"least": known.min(), "most": known.max()}


@says("sheet_scan")
def _(f, said, state):
    """The sheets follow the order of the hot spots; what they say is what the layer and the cells say."""
    state["sheet"] = state.get("sheet", -1) + 1
    row, words = f.spots.iloc[state["sheet"]], f.words
    mine = f.cells[f.cells["hot_spot"] == row["spot"]]
    what = words["sheet_what"].replace("{incidents:,.0f}", f"{mine['incidents'].sum():,.0f}")
    what = what.replace("{expected:,.1f}", f"{row['expected']:,.1f}").replace("{kinds}", row["kinds"])
    hours = {"{workdays}": row["peak_workdays"] or "–", "{weekend}": row["peak_weekend"] or "–"}
    when = words["sheet_when"]
    for name, value in hours.items():
        when = when.replace(name, value)
    known = f"{row['hours_known']:.0%}"
    some = [] if known == "100%" else [words["sheet_hours"].replace("{known:.0%}", known)]
    return {"text": " ".join([what, when, *some])}


@says("sheet_near")
def _(f, said, state):
    places = f.told("hotspots", "problems")[state["sheet"]]["near"]
    metres = [place["metres"] for place in places]
    assert metres == sorted(metres)
    assert metres[-1] <= 150
    words = {far: f.words[key].replace("{metres:.0f}", "{metres}")
             for far, key in ((True, "sheet_place"), (False, "sheet_place_in"))}  # fmt: skip
    return {"places": f.words["list_comma"].join(words[place["metres"] > 0].format(**place) for place in places)}


@says("terrain_text", "terrain_none")
def _(f, said, state):
    told = f.told("hotspots", "terrain")
    assert told["layers"] >= len(told["factors"])
    kinds = {row["kind"] for row in told["factors"]}
    assert len(kinds) == len(told["factors"]), "one layer a kind"
    return {"kinds": told["kinds"]} | ({"n": len(kinds)} if "n" in said else {})


@says("sheet_factor_within")
def _(f, said, state):
    return _factor(f, said, state, "within")


@says("sheet_factor_density")
def _(f, said, state):
    return _factor(f, said, state, "density")


def _factor(f, said, state, operation):
    """What the terrain tells of this kind of place; it stands on the sheet of this hot spot, and raises risk."""
    [told] = [row for row in f.told("hotspots", "terrain", "factors") if row["kind"] == said["kind"]]
    assert told in f.told("hotspots", "problems")[state["sheet"]]["factors"]
    assert told["operation"] == operation
    assert 0 < told["low"] <= told["factor"] <= told["high"]
    assert told["factor"] > 1
    return {"kind": told["kind"], "reach": told["reach_m"]} | {name: told[name] for name in ("factor", "low", "high")}


@says("sheet_assess", holds=("text", None))
def _(f, said, state):
    return {}


@says("sheet_assess_text", "sheet_assess_long")
def _(f, said, state):
    """Ninety-one days after the records end; as many incidents as usual, if the periods are alike."""
    first, end = (pd.Timestamp(f.told("risk", key)) for key in ("period", "period_end"))
    days = f.told("incidents", "periods") * (end - first).days
    row = f.spots.iloc[state["sheet"]]
    usual = f.cells.loc[f.cells["hot_spot"] == row["spot"], "incidents"].sum() * 91 / days
    fewer = next(n for n in range(1000) if stats.poisson.cdf(n, usual) >= 0.05)
    on = pd.Timestamp(f.told("incidents", "last")[:10]) + pd.Timedelta(days=91)
    return {"date": f"{on:%Y-%m-%d}", "usual": usual} | ({"fewer": fewer} if "fewer" in said else {})


@says("harm_text")
def _(f, said, state):
    """Sums over the cells of each hot spot; of equal ones the first of the list."""
    sums = f.cells[f.cells["hot_spot"] > 0].groupby("hot_spot")[["incidents", "harm"]].sum()
    shares = sums.sum() / f.cells[["incidents", "harm"]].sum()
    return {"count": sums["incidents"].idxmax(), "harm": sums["harm"].idxmax(), "share": shares["incidents"],
            "harm_share": shares["harm"]}  # fmt: skip


@says("change_text")
def _(f, said, state):
    kinds = f.told("hotspots", "change")
    if not f.public:
        kinds = f.cells["hotspot_change"].value_counts().to_dict()
    rest = kinds.get("no pattern", 0)
    return {"n": sum(kinds.values()) - rest, "rest": rest}


@says("visits_text")
def _(f, said, state):
    wished = f.told("hotspots", "visits_a_shift")
    return {"n": wished, "spots": f.better(len(f.spots) if f.spots is not None else 0, "hotspots", "spots")}


@says("visits_all_text")
def _(f, said, state):
    enough = f.told("hotspots", "visits_a_shift") >= f.told("hotspots", "spots")
    return {} if enough else None


@says("worst_ratio", "worst_empty")
def _(f, said, state):
    top = f.spots.sort_values("excess", ascending=False).iloc[0]
    return {
        "n": top["incidents"], "periods": f.told("incidents", "periods"), "expected": top["expected"],
        "ratio": top["ratio"], "kinds": top["kinds"], "near": said["near"] if str(top["near"]) in said["near"] else "?",
        "area": top["area_name"],
    }  # fmt: skip


# ---- the forecast


def scored(f, model, metric, share):
    """Return the mean of a score over the past periods, from scores.csv where it is there."""
    if f.scores is None:
        return None
    rows = f.scores[f.scores["model"] == model]
    return rows[f"{metric}_{share:g}"].mean() if len(rows) else None


def told_score(f, metric, share):
    told = f.told("risk", metric, f"{share:g}")
    assert told["low"] <= told["value"] <= told["high"]
    mean = scored(f, f.told("risk", "model"), metric, share)
    assert mean is None or abs(mean - told["value"]) < 1e-4
    return told


def naive(f, name, share):
    told, mean = f.told("risk", "naive", name, f"{share:g}"), scored(f, name, "hit_rate", share)
    assert mean is None or abs(mean - told) < 1e-4
    return told if mean is None else mean


@says("model_text")
def _(f, said, state):
    return {}


@says("period_text")
def _(f, said, state):
    risk = f.told("risk")
    return {
        "first": risk["period"][:10], "end": risk["period_end"][:10], "periods": risk["plan_periods"],
        "n": f.better(f.cells["risk"].sum(), "risk", "expected_incidents"),
        "mean": f.better(f.cells.get("risk_plan", f.cells["risk"]).sum(), "risk", "expected_a_period"),
    }  # fmt: skip


@says("forecast_text", "forecast_again")
def _(f, said, state):
    share = state["share"] = float(said["share"].rstrip("%")) / 100
    told = told_score(f, "hit_rate", share)
    return {"share": share, "value": [told["value"], told["low"], told["high"]]}


@says("better", "similar", "worse")
def _(f, said, state):
    name = {f.words[key]: name for key, name in SIMPLE.items()}[said["rival"]]
    rival, told = naive(f, name, state["share"]), told_score(f, "hit_rate", state["share"])
    if f.told("risk", "model") == "stack":  # both maps were tested in the same periods: their difference counts
        told, rival = f.told("risk", "stack_against", name, f"{state['share']:g}"), 0.0
    verdict = "better" if told["low"] > rival else "worse" if told["high"] < rival else "similar"
    fits = said["naive"] in readable(f, verdict, said)
    return {"naive": naive(f, name, state["share"]), "rival": f.words[f"naive_{name}"]} if fits else None


def readable(f, verdict, said):
    """Return the sentence with a verdict; another verdict has other words."""
    text = f.words[verdict].replace("{rival}", said["rival"]).replace("{naive}", said["naive"])
    return text if text in f.page.replace("&#39;", "'") else ""


@says("stack_text")
def _(f, said, state):
    told = scored(f, "stack", "hit_rate", state["share"])
    return {"value": f.told("risk", "stack_hit_rate", f"{state['share']:g}") if told is None else told}


@says("ceiling_text")
def _(f, said, state):
    share = f"{state['share']:g}"
    return {"ceiling": f.told("risk", "pei_ceiling", share), "pei": told_score(f, "pei", state["share"])["value"]}


def origins(f):
    return f.told("risk", "origins") if f.scores is None else f.scores["period"].nunique()


@says("unsure_text")
def _(f, said, state):
    share = float(said["share"].rstrip("%")) / 100
    few = f.told("risk", "incidents_tested")
    assert (few < 500) == bool(said["few"])
    return {
        "hit": told_score(f, "hit_rate", share)["value"], "share": share, "origins": origins(f),
        "few": said["few"] if not said["few"] else [few],
    }  # fmt: skip


@says("weak_few")
def _(f, said, state):
    return {"n": f.told("risk", "incidents_tested"), "origins": origins(f)}


@says("weak_forecast")
def _(f, said, state):
    share = float(said["share"].rstrip("%")) / 100
    name = {f.words[key]: name for key, name in SIMPLE.items()}[said["rival"]]
    right = {"share": share, "rival": f.words[f"naive_{name}"]}
    if f.told("risk", "model") == "stack":
        return right if f.told("risk", "stack_against", name, f"{share:g}")["low"] <= 0 else None
    return right if naive(f, name, share) >= told_score(f, "hit_rate", share)["low"] else None


@says("unmet_origins", "note_few_origins")
def _(f, said, state):
    wished = f.told("risk", "origins_wished")
    return {"wanted": wished, "wished": wished, "can": origins(f), "ran": origins(f)}


# ---- areas


def balance(f):
    work = f.areas.get("workload")
    return f.told("areas", "max_over_mean") if work is None else work.max() / work.mean()


def minutes(f):
    """Return mean and worst minutes from the centre of an area."""
    if "mean_minutes" not in f.areas:
        return f.told("areas", "mean_travel_minutes"), f.told("areas", "worst_travel_minutes")
    areas = f.areas
    return (areas["workload"] * areas["mean_minutes"]).sum() / areas["workload"].sum(), areas["worst_minutes"].max()


def was(f, key):
    return f.told("areas", "current", key)


@says("balance_text", "change_unknown")
def _(f, said, state):
    return {"n": len(f.areas), "ratio": balance(f)}


@says("reach_text")
def _(f, said, state):
    mean, worst = minutes(f)
    return {"mean": mean, "worst": worst}


@says("current_text")
def _(f, said, state):
    rows = f.told("areas", "by_area")
    if "minutes_today" in rows[0]:
        known = sum(row["workload"] for row in rows)
        mean = sum(row["workload"] * row["minutes_today"] for row in rows) / known
        assert abs(mean - was(f, "mean_travel_minutes")) < 0.01 * mean
    return {"ratio": was(f, "max_over_mean"), "mean": was(f, "mean_travel_minutes"),
            "worst": was(f, "worst_travel_minutes")}  # fmt: skip


@says("change_today")
def _(f, said, state):
    return {"n": len(f.areas), "before": was(f, "n"), "ratio": balance(f), "was": was(f, "max_over_mean")}


@says("worse_max_over_mean")
def _(f, said, state):
    return {"before": was(f, "max_over_mean"), "now": balance(f)} if balance(f) > was(f, "max_over_mean") else None


@says("worse_mean_travel_minutes")
def _(f, said, state):
    return rise(was(f, "mean_travel_minutes"), minutes(f)[0])


@says("worse_worst_travel_minutes")
def _(f, said, state):
    return rise(was(f, "worst_travel_minutes"), minutes(f)[1])


def rise(before, now):
    return {"before": before, "now": now} if now > before else None


@says("worse_slower")
def _(f, said, state):
    return {"share": f.told("areas", "against_today", "slower_share")}


@says("split_text")
def _(f, said, state):
    return {"n": f.told("areas", "noncontiguous") if "pieces" not in f.areas else (f.areas["pieces"] > 1).sum()}


@says("grain_text")
def _(f, said, state):
    return {"share": f.told("areas", "heaviest_unit")}


@says("shape_text")
def _(f, said, state):
    compact, km = f.shape
    assert abs(compact - f.told("areas", "polsby_popper")) < 0.01
    assert abs(km - f.told("areas", "border_km")) < 0.01 * km + (5 if f.public else 0)
    return {"compact": f.told("areas", "polsby_popper"), "km": f.told("areas", "border_km")}


@says("current_shape")
def _(f, said, state):
    return {"compact": was(f, "polsby_popper"), "km": was(f, "border_km")}


@says("bound_any", "bound_centers")
def _(f, said, state):
    told = f.told("areas")
    if not f.public:
        assert abs((told["objective"] - told["bound"]) / told["objective"] - told["gap"]) < 1e-4
    return {"gap": told["gap"]}


def parts_of_work(f):
    """Return the parts of the work, from the layer of areas where it tells them."""
    told = f.told("workload", "parts")
    if f.public:
        return told
    return {part: f.areas[f"work_{part}"].sum() for part in told}


@says("work_index")
def _(f, said, state):
    parts = parts_of_work(f)
    return {"parts": [n / sum(parts.values()) for n in parts.values()]}


@says("work_minutes")
def _(f, said, state):
    parts, hours = parts_of_work(f), f.told("workload", "shift_hours")
    total = f.better(sum(parts.values()), "workload", "unit_minutes")
    share = f.better(total / (60 * hours * len(f.areas)), "workload", "committed_share")
    shares = [n / sum(parts.values()) for n in parts.values()]
    return {"total": total, "hours": hours, "share": share, "n": len(f.areas), "parts": shares}


@says("weak_balance", "unmet_balance")
def _(f, said, state):
    return {"excess": balance(f) - 1, "wanted": f.told("areas", "tolerance"),
            "can": [r["can"] for r in f.told("unmet") if r["wish"] == "balance"][:1]}  # fmt: skip


@says("weak_reach")
def _(f, said, state):
    return {"worst": minutes(f)[1]}


@says("weak_links")
def _(f, said, state):
    links = f.told("grid", "links")
    return {"n": len(links), "km": max(link["km"] for link in links)}


@says("weak_people")
def _(f, said, state):
    return {"share": f.told("population", "outside") / f.told("population", "read")}


@says("weak_mapping")
def _(f, said, state):
    return {"share": f.told("incidents", "mapping_rate")}


@says("assumed_speed")
def _(f, said, state):
    return {"speed": f.told("areas", "speed_kmh")}


# ---- posts, strength, checkpoints


@says("sites_text", "decide_sites")
def _(f, said, state):
    share, reach = f.sites["adds_share"].sum(), f.told("sites", "reach_minutes")
    if f.told("sites", "demand") == "risk":
        within = f.cells["minutes_to_site"] <= reach
        assert abs(f.cells.loc[within, "risk_plan"].sum() / f.cells["risk_plan"].sum() - share) < 1e-4
    return {"n": len(f.sites), "share": share, "minutes": reach}


@says("beyond_text")
def _(f, said, state):
    return {"share": 1 - f.sites["adds_share"].sum()}


@says("optimal_text")
def _(f, said, state):
    return {"among": [f.told("sites", "candidates")]} if f.told("sites", "status") == "optimal" else None


@says("proven_text", "weak_gap")
def _(f, said, state):
    return {"bound": f.told("sites", "bound"), "gap": f.told("sites", "gap")}


def wanted(f, use):
    known = {"areas": f.areas, "sites": f.sites}.get(use)
    n = f.told("strength", "uses", use, "wanted")
    assert known is None or len(known) == n
    return n


def manned(f, use):
    return f.told("strength", "uses", use, "staffed")


@says("staffed_of")
def _(f, said, state):
    uses = [u for u in ("areas", "checkpoints", "sites") if f.words[f"use_{u}"] == said["use"]]
    return {"wanted": wanted(f, uses[0]), "staffed": manned(f, uses[0])} if uses else None


@says("decide_strength", holds=("what", "list_semicolon"))
def _(f, said, state):
    return {} if not f.told("strength", "enough") else None


@says("worse_text", holds=("what", "list_semicolon"))
def _(f, said, state):
    return {}


@says("worse_today", holds=("what", None))
def _(f, said, state):
    return {}


@says("unmet_staff_areas", "unmet_staff_checkpoints", "unmet_staff_sites")
def _(f, said, state):
    rows = {r["wish"].removeprefix("staff_"): r for r in f.told("unmet") if r["wish"].startswith("staff_")}
    found = [u for u, r in rows.items() if (str(wanted(f, u)), str(manned(f, u))) == (said["wanted"], said["can"])]
    return {"wanted": wanted(f, found[0]), "can": manned(f, found[0])} if found else None


@says("strength_text")
def _(f, said, state):
    return {"relief": f.told("strength", "relief_factor")}


@says("duty_text")
def _(f, said, state):
    return {"minutes": f.told("sites", "reach_minutes")}


def normal(f):
    return f.checkpoints[f.checkpoints["grade"] == "normal"]


@says("checkpoints_text")
def _(f, said, state):
    return {"n": len(normal(f)), "share": normal(f)["adds_share"].sum()}


@says("meet_text")
def _(f, said, state):
    return {"bound": f.told("checkpoints", "bound"), "gap": f.told("checkpoints", "gap")}


@says("flows_kept_text")
def _(f, said, state):
    return {"share": f.told("checkpoints", "flows_kept")}


@says("kinds_text")
def _(f, said, state):
    by_kind = f.told("checkpoints", "by_kind")
    return {"parts": [by_kind[kind] for kind in ("inside", "in", "out", "through") if kind in by_kind]}


@says("one_more_text")
def _(f, said, state):
    return {"share": f.told("checkpoints", "one_more_share")}


@says("staff_text")
def _(f, said, state):
    at_once, shifts = f.told("checkpoints", "officers"), f.told("checkpoints", "shifts_per_day")
    posts = len(normal(f))
    assert shifts % posts == 0
    return {
        "officers": at_once, "posts": posts, "shifts_per_day": shifts, "officers_per_day": shifts * at_once,
        "staff_hours_per_day": normal(f)["staff_hours"].sum(),
    }  # fmt: skip


@says("key_places_text")
def _(f, said, state):
    return {"n": f.told("checkpoints", "key_places"), "defended": f.told("checkpoints", "key_places_defended")}


@says("border_text")
def _(f, said, state):
    twice, missing = (
        f.told("checkpoints", "border_villages_covered_twice"),
        f.told("checkpoints", "border_villages_missing"),
    )
    return {"n": twice + len(missing), "twice": twice, "missing": len(missing),
            "minutes": f.told("checkpoints", "border_minutes")}  # fmt: skip


# ---- since the last plan, and remarks


@says("since_text")
def _(f, said, state):
    return {"last": f.told("since", "last")[:10]}


@says("since_areas")
def _(f, said, state):
    told = f.told("since", "areas")
    return {
        "n": told["cells"],
        "share": told["cells_share"],
        "work": told["workload_share"],
        "people": [told["people"]],
    }


@says("since_needed", "since_not_needed")
def _(f, said, state):
    old, mean = f.told("since", "areas", "old"), minutes(f)[0]
    return {"old_ratio": old["max_over_mean"], "old_minutes": old["mean_travel_minutes"], "ratio": balance(f),
            "minutes": mean}  # fmt: skip


@says("since_sites")
def _(f, said, state):
    comma, told = f.words["list_comma"], f.told("since", "sites")
    return {key: comma.join(map(str, told[key])) or f.words["none"] for key in ("added", "dropped")}


@says("since_sites_needed", "since_sites_noise")
def _(f, said, state):
    return {"old": f.told("since", "sites", "old_covered_share"), "new": f.sites["adds_share"].sum()}


@says("since_spots")
def _(f, said, state):
    told = f.told("since", "spots")
    return {"stayed": told["stayed"], "new": len(told["new"]), "gone": len(told["gone"])}


@says("since_spots_new", "since_spots_gone")
def _(f, said, state):
    kinds = [f.told("since", "spots", kind) for kind in ("new", "gone")]
    fits = [rows for rows in kinds if str(len(rows)) == said["n"]]
    real = [sum(row["more_than_noise"] for row in rows) for rows in fits]
    return {"n": int(said["n"]), "real": int(said["real"])} if int(said["real"]) in real else None


@says("note_from_file")
def _(f, said, state):
    """A remark of a file is that of the manifest, in the words of the language, with no other number."""
    role = [key.removeprefix("role_") for key, word in f.words.items() if word == said["role"] and key[:5] == "role_"]
    notes = f.inputs.get(role[0], {}).get("notes", []) if role else []
    held = [note for note in notes if set(NUMBER.findall(said["said"])) <= set(NUMBER.findall(str(note)))]
    return dict(said) if held else None


@says("note_shared_out")
def _(f, said, state):
    return {"n": f.told("incidents", "shared_out")}


@says(
    "note_areas_parts", "note_areas_heavy", "note_areas_light", "note_areas_by_hand", "note_areas_split",
    "note_areas_overloaded", "note_areas_on_lines", "note_areas_villages_linked",
)  # fmt: skip
def _(f, said, state):
    notes = f.told("areas", "notes") or []
    numbers = sorted(n for value in said.values() for n in NUMBER.findall(value))
    held = any(numbers == sorted(NUMBER.findall(note)) for note in notes) or f.language != "en"
    no_border = "now" in said and not f.public and f.cells["area"].nunique() < 2
    return dict(said) if held and not no_border else None


@says("note_areas_together")
def _(f, said, state):
    """No village lies in two areas; how many there are, how many cells, and the heaviest against the mean area."""
    if f.public:
        return dict(said)
    whole = f.cells[f.cells["village"].notna()].groupby("village")
    assert (whole["area"].nunique() == 1).all() or f.told("areas", "units_by_hand")
    heaviest = whole["workload"].sum().max() / f.cells["workload"].sum() * f.told("areas", "n")
    return {"n": len(whole), "units": whole.size().sum(), "share": heaviest}


@says("changed")
def _(f, said, state):
    """What was changed by hand is what the manifest lists; posts by hand are as many as there are posts."""
    moved = f.json("manifest.json")["changed_by_hand"]
    told = [f.words["moved_by_hand"].format(unit=m["unit"], before=m["from"], now=m["to"]) for m in moved]
    posts = f.words["posts_by_hand"].format(n=f.told("sites", "n") or 0)
    listed = said["changes"].split("; ")
    return dict(said) if listed in (told, [posts, *told]) else None
