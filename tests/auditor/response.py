"""What a report says of the minutes until somebody is there: both sides, single changes, shifts."""

from itertools import pairwise

from auditor.control import needs
from auditor.sentences import says

SIDES = ("today", "proposed")
FIRST = 3  # changes of a kind that are told
NEAR = 1e-5


def both(f):
    """Return the numbers of both sides; a mean lies in its interval, and is that of the calls of all areas."""
    sides = {side: f.told("response", side) for side in SIDES if f.told("response", side)}
    for side, row in sides.items():
        assert row["mean_low"] <= row["mean"] <= row["mean_high"], side
        assert row["median"] <= row["p90"], side
        assert f.public or abs(_mean_of_areas(f, side) - row["mean"]) < NEAR, side
    return sides


def _mean_of_areas(f, side):
    """Return the mean by the calls of each area."""
    rows = [row for row in f.told("response", "by_area") if row["calls"]]
    assert sum(row["calls"] for row in rows) == f.told("response", side, "calls")
    return sum(row["calls"] * row[side] for row in rows) / sum(row["calls"] for row in rows)


def change(f):
    """Return the change of the mean with its interval: the difference of the two sides, with the same calls."""
    row, sides = f.told("response", "change"), both(f)
    assert f.public or abs(sides["proposed"]["mean"] - sides["today"]["mean"] - row["change"]) < NEAR
    assert row["low"] <= row["change"] <= row["high"]
    return [row["change"], row["low"], row["high"]]


# ---- sentences


@says("response_text")
def _(f, said, state):
    sides = both(f)
    source = f.words["response_of_calls" if f.told("response", "of_calls") else "response_of_incidents"]
    return {"calls": sides["proposed"]["calls"], "units": sides["proposed"]["units"], "source": source.startswith,
            "today": sides["today"]["units"], "minutes": f.told("response", "service_minutes")}  # fmt: skip


def _said(values):
    return dict(zip(("minutes", "low", "high"), values, strict=True))


@says("response_longer")
def _(f, said, state):
    values = change(f)
    return _said(values) if values[1] > 0 else None


@says("response_shorter")
def _(f, said, state):
    value, low, high = change(f)
    return _said([-value, -high, -low]) if high < 0 else None


@says("response_same")
def _(f, said, state):
    values = change(f)
    return _said(values) if values[1] <= 0 <= values[2] else None


@says("response_worse")
def _(f, said, state):
    """The areas in which the corrected test is sure that callers wait longer."""
    rows = f.told("response", "by_area")
    sure = [row["area"] for row in rows if row["change"] > 0 and row["p_adjusted"] < 0.05]
    assert sorted(sure) == sorted(f.told("response", "worse_areas"))
    return {"areas": f.words["list_comma"].join(f.told("response", "worse_areas"))} if sure else None


@says("worse_response")
def _(f, said, state):
    values = change(f)
    return {"minutes": values[0]} if values[1] > 0 else None


# ---- tables


def sides(f, heads, words):
    if not needs(heads, words, "response_today", "response_proposed"):
        return None
    rows, within = both(f), f.told("response", "within_minutes")
    assert within == f.json("manifest.json")["settings"]["response"]["within_minutes"]
    lines = [
        (words["response_mean"], _interval), (words["response_median"], lambda row: row["median"]),
        (words["response_p90"], lambda row: row["p90"]),
        (words["response_within"].replace("{minutes}", f"{within:g}"), lambda row: row["within_share"]),
        (words["response_wait"], lambda row: row["wait_share"]),
        (words["response_workload"], lambda row: row["workload"]),
        (words["response_friday"], lambda row: _interval(row["busy_day"])),
    ]  # fmt: skip
    return [{"": name} | {words[f"response_{side}"]: of(row) for side, row in rows.items()} for name, of in lines]


def _interval(row):
    return [row["mean"], row["mean_low"], row["mean_high"]]


def changes(f, heads, words):
    """The vehicles that help most; the posts and roads whose loss costs most."""
    if not needs(heads, words, "response_change", "response_where"):
        return None
    rows = []
    for kind, sign in (("one unit more", 1), ("one post less", -1), ("one road closed", -1)):
        mine = [row for row in f.told("response", "variants") if row["kind"] == kind]
        assert all(a["change"] <= b["change"] + NEAR for a, b in pairwise(mine)), kind
        rows += [
            {words["response_change"]: words[kind.replace(" ", "_")], words["response_where"]: row["what"],
             words["response_minutes"]: [row["change"], row["low"], row["high"]]}
            for row in mine[::sign][:FIRST]
        ]  # fmt: skip
    return rows


def shifts(f, heads, words):
    """The mean over the cells that a vehicle can reach, shift by shift."""
    if not needs(heads, words, "response_shift", "response_cells"):
        return None
    rows = []
    for row in f.told("response", "by_shift"):
        mean = f.better(f.cells.get(f"response_{row['shift']}"), "response", "by_shift")
        mean = row["mean_minutes"] if f.public or mean is None else mean.mean()
        assert f.public or row["mean_minutes"] is None or abs(mean - row["mean_minutes"]) < 1e-3, row
        rows.append({words["response_shift"]: row["shift"], words["response_cells"]: mean})
    return [row for row, known in zip(rows, f.told("response", "by_shift"), strict=True) if known["mean_minutes"]]


TABLES = (sides, changes, shifts)
