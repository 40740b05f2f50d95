"""What a report says of who bears the plan: groups, records of officers, silence, from the table by cell."""

import h3
import pandas as pd

from auditor.sentences import says


def by_cell(f):
    return pd.read_csv(f.path / "equity_cells.csv", index_col="cell")


def a_head(cells, dose, group):
    """The dose a head where a group lives, resident by resident; `group` None is everybody."""
    lived = cells[cells["residents"] > 0]
    heads = lived["residents"] if group is None else lived[group]
    return (heads * lived[dose] / lived["residents"]).sum() / heads.sum()


@says("bears_officer")
def _(f, said, state):
    told = f.told("equity", "feedback")
    kinds = sum(row["records"] * row["share"] for row in told["kinds"])
    assert abs(kinds - told["officer"]) < 0.01
    assert told["officer"] <= f.told("incidents", "not_counted").get("officer_initiated", 0) + sum(
        n for reason, n in f.told("incidents", "not_counted").items() if reason != "officer_initiated"
    )
    assert told["changed"] <= told["first"]
    return told | {"share": told["officer"] / told["records"]}


@says("bears_consulted")
def _(f, said, state):
    told = f.told("consultation")
    return {**told, "refused": len(told["refused"])}


def groups(f, heads, words):
    if words["bears_work"] not in heads:
        return None
    cells, rows = by_cell(f), []
    assert abs(cells["residents"].sum() - f.cells["population"].sum()) < 1e-4 * cells["residents"].sum()
    for row in f.told("equity", "groups"):
        group = None if row["group"] == "all" else row["group"]
        people = (cells["residents"] if group is None else cells[group]).sum()
        known = {words["bears_residents"]: people, words["bears_group"]: words["bears_all"] if group is None else group}
        if row["reason"]:
            rows.append(known)
            continue
        ratio = {dose: a_head(cells, dose, group) / a_head(cells, dose, None) for dose in ("work", "work_without")}
        assert row["work_low"] <= ratio["work"] + 1e-6
        assert ratio["work"] <= row["work_high"] + 1e-6
        known |= {words["bears_share"]: people / cells["residents"].sum(),
                  words["bears_work"]: [ratio["work"], row["work_low"], row["work_high"]],
                  words["bears_work_without_ratio"]: ratio["work_without"]}  # fmt: skip
        for need in ("recorded", "calls"):
            if need in cells:
                known[words[f"bears_over_{need}"]] = (
                    ratio["work"] * a_head(cells, need, None) / a_head(cells, need, group)
                )
        for dose in ("reached", "reached_without"):
            if dose in cells:
                heads_ = cells["residents"] if group is None else cells[group]
                known[words[f"bears_{dose}"]] = (heads_ * cells[dose]).sum() / people
        rows.append(known)
    return rows


def kinds(f, heads, words):
    if words["bears_kind"] not in heads:
        return None
    return [{words["bears_records"]: row["records"], words["bears_officer_share"]: row["share"]}
            for row in f.told("equity", "feedback")["kinds"]]  # fmt: skip


def silent(f, heads, words):
    if words["bears_p"] not in heads:
        return None
    cells, told = by_cell(f), f.told("equity", "silent")
    resolution = h3.get_resolution(told[0]["place"])
    sums = cells.groupby([h3.cell_to_parent(c, resolution) for c in cells.index]).sum()
    rows = []
    for row in told:
        here = sums.loc[row["place"]]
        assert here["recorded"] < row["expected"]
        rows.append({words["bears_near"]: row["near"], words["bears_residents"]: here["residents"],
                     words["bears_recorded"]: here["recorded"], words["bears_expected"]: row["expected"],
                     words["bears_p"]: row["p_adjusted"]})  # fmt: skip
    return rows


TABLES = (groups, kinds, silent)
