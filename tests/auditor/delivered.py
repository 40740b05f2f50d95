"""What a report says of how it went: minutes and visits of the log, what was done of the plan, and of the tasks."""

import pandas as pd
from scipy import stats

from auditor.sentences import says

PARTS = ("in_cells", "outside", "no_place", "in_gaps", "set_aside")
STEPS = ("issued", "taken", "reported", "done")


def of_cells(f, column):
    """Return a column of the cells, None where the layer lacks it or, in a public version, rounds it."""
    return f.cells[column] if column in f.cells and not f.public else None


def balanced(row):
    """Return a row whose minutes add up: what was delivered is done, beyond the plan, or where none was."""
    if "planned" in row:
        assert abs(row["done"] + row["beyond"] + row["outside"] - row["delivered"]) < 0.01, row
        assert row["done"] <= row["planned"] + 0.01, row
        assert row["never"] <= row["cells"], row
        assert not row["planned"] or abs(row["done"] / row["planned"] - row["done_share"]) < 1e-5, row
    return row


def share_of(row, step=""):
    """Return a share with its interval as it is printed, None where there is none."""
    known = [row.get(f"{step}{name}") for name in (("share" if step else "done_share"), "low", "high")]
    if known[0] is None or pd.isna(known[0]):
        return None
    return [value for value in known if value is not None and not pd.isna(value)]


@says("patrols_text")
def _(f, said, state):
    told, minutes = f.told("patrols"), of_cells(f, "patrol_minutes")
    assert abs(sum(told["minutes"][part] for part in PARTS) - told["minutes"]["log"]) < 0.01
    right = told["minutes"] | {"units": told["units"]}
    if minutes is None:
        return right | {"cells": told["cells_patrolled"], "visits": told["visits"]}
    assert abs(minutes.sum() - sum(row["minutes"] for row in told["weeks"])) < 0.01
    return right | {"in_cells": minutes.sum(), "cells": int((minutes > 0).sum()),
                    "visits": int(f.cells["patrol_visits"].sum())}  # fmt: skip


@says("patrols_done")
def _(f, said, state):
    told, planned = balanced(f.told("patrols")), of_cells(f, "planned_minutes")
    done = sum(row.get("done", 0) for row in told["weeks"])
    planned = told["planned"] if planned is None else planned.sum()
    return {"planned": planned, "done": done, "done_share": done / planned, "interval": share_of(told)[1:] or ""}


@says("patrols_beside")
def _(f, said, state):
    told = f.told("patrols")
    sums = {key: sum(row.get(key, 0) for row in told["weeks"]) for key in ("outside", "beyond")}
    return sums | {"never": told["never"], "cells": told["cells"]}


@says("patrols_no_cell")
def _(f, said, state):
    return {"minutes": f.told("patrols", "planned_outside")}


@says("patrols_rare")
def _(f, said, state):
    told = f.told("patrols")
    return {"share": told["thinning"]} if told["thinning"] > 0.1 else None


# ---- tables


def held(f, heads, words):
    """The table by week, area or shift where something was planned."""
    if not all(words[key] in heads for key in ("planned_minutes", "outside_minutes", "never_visited")):
        return None
    labels = {"week": "weeks", "area_name": "by_area", "shift": "by_shift"}
    label = next(key for key in labels if words[key] == heads[0])
    rows = f.told("patrols", labels[label])
    if label == "area_name":
        _areas_agree(f, rows)
    return [_held_row(balanced(row), label, words) for row in rows]


def _areas_agree(f, rows):
    if of_cells(f, "planned_minutes") is None:
        return
    sums = f.cells.groupby("area")[["planned_minutes", "patrol_minutes"]].sum()
    for row in rows:
        mine = sums.loc[row["area"]]
        assert abs(mine["planned_minutes"] - row["planned"]) < 0.01, row
        assert row["delivered"] <= mine["patrol_minutes"] + 0.01, row
    if all("planned" in week for week in f.told("patrols", "weeks")):  # else a week without a plan is in no row
        assert abs(sum(row["delivered"] for row in rows) - sums["patrol_minutes"].sum()) < 0.01, rows
        assert all(abs(sums.loc[row["area"], "patrol_minutes"] - row["delivered"]) < 0.01 for row in rows), rows


def _held_row(row, label, words):
    if "planned" not in row:
        return {words[label]: str(row[label]), words["delivered_minutes"]: row["minutes"]}
    return {
        words[label]: str(row[label]), words["planned_minutes"]: row["planned"],
        words["delivered_minutes"]: row["done"] + row["beyond"] + row["outside"],
        words["outside_minutes"]: row["outside"], words["done_share"]: share_of(row),
        words["never_visited"]: f"{row['never']:,} / {row['cells']:,}",
    }  # fmt: skip


def weeks(f, heads, words):
    """The table by week where nothing was planned."""
    if list(heads) != [words[key] for key in ("week", "delivered_minutes", "visits")]:
        return None
    return [
        {words["week"]: row["week"], words["delivered_minutes"]: row["minutes"], words["visits"]: row["visits"]}
        for row in f.told("patrols", "weeks")
    ]


def tasks(f, heads, words):
    """The shares of the tasks: issued out of all, the others out of those issued, with Wilson's interval."""
    if not all(words[key] in heads for key in ("tasks", "task_issued_share", "task_done_share")):
        return None
    rows = []
    for told in f.told("patrols", "tasks"):
        shares = {words[f"task_{step}_share"]: _wilson(told, step) for step in STEPS}
        rows.append({words["week"]: told["week"], words["tasks"]: told["tasks"]} | shares)
    return rows


def _wilson(told, step):
    whole = int(told["tasks" if step == "issued" else "issued"])
    if not whole:
        return None
    ends = stats.binomtest(int(told[step]), whole).proportion_ci(0.95, method="wilson")
    return [told[step] / whole, ends.low, ends.high]


TABLES = (held, weeks, tasks)
