"""What the tables of a report must say, row by row; and the tiles at its top."""

from functools import partial
from itertools import pairwise

import pandas as pd

from auditor import ahead, bears, control, delivered, response, rising, routes, staffing
from auditor.numbers import NUMBER, agrees

CHANGES = ("new", "consecutive", "intensifying", "persistent", "diminishing", "sporadic", "oscillating", "historical")
N_MODELS = 5  # that are tested beside each other
TABLES = (*control.TABLES, *staffing.TABLES, *response.TABLES, *delivered.TABLES, *routes.TABLES,
          *rising.TABLES, *bears.TABLES, *ahead.TABLES)  # fmt: skip


def check_tiles(f, texts, found):
    """Hold the facts at a glance against the files."""
    words = f.words
    told = {
        words["incidents_used"]: lambda: f.told("incidents", "kept"),
        words["patrollable_cells"]: lambda: f.better(int(f.cells["patrollable"].sum()), "grid", "patrollable"),
        words["hot_cells"]: lambda: f.told("hotspots", "spots") if f.spots is None else len(f.spots),
        words["balance_tile"]: lambda: f.told("areas", "max_over_mean"),
        words["worst_tile"]: lambda: f.told("areas", "worst_travel_minutes"),
        words["covered_tile"]: lambda: None if f.sites is None else f.sites["adds_share"].sum(),
        words["hit_tile"].replace("{share:.0%}", "5%"): lambda: f.told("risk", "hit_rate", "0.05", "value"),
    }
    for fact, name in pairwise(texts):
        if name in told:
            found.statements += 1
            found.keys.add(f"tile {name}")
            _hold(found, f"tile {name}", fact, told[name]())


def check_table(f, heading, heads, rows, found):
    """Hold every number of a table against the files; a table that is not known is told."""
    words, f.heading = f.words, heading
    for make in (_areas, _posts, _spots, _changes, _top_cells, _read, _uses, _shifts, _duty, _sites, _grades, _scores,
                 _models, _sensitivity, _choices, _borders, *TABLES):  # fmt: skip
        right = make(f, heads, words)
        if right is not None:
            found.statements += len(rows)
            found.keys.add(make.__name__.strip("_"))
            _rows(found, heading, heads, rows, right)
            return
    found.unknown.append(f"table {heading}: {heads}")


def _rows(found, heading, heads, rows, right):
    if len(rows) != len(right):
        found.wrong.append((heading, "", f"{len(rows)} rows, the files have {len(right)}"))
    for row, known in zip(rows, right, strict=False):
        for head, text in zip(heads, row, strict=True):
            if head in known:
                _hold(found, f"{heading}: {head}", text, known[head])
            elif any(c.isdigit() for c in text):
                found.unknown.append(f"{heading}: {head}: {text}")


def _hold(found, where, text, right):
    empty = right is None or (isinstance(right, float) and pd.isna(right))
    if text not in ("", "–") if empty else not agrees(text, right):
        found.wrong.append((where, text, f"the files say {right!r}"))


def _columns(heads, words, *needed):
    return all(words[key] in heads for key in needed)


def _text(value):
    return "" if value is None or (isinstance(value, float) and pd.isna(value)) else str(value)


def _areas(f, heads, words):
    if not _columns(heads, words, "col_area", "col_name"):
        return None
    by_cell = f.cells.groupby("area")
    rows = []
    for row in f.told("areas", "by_area"):
        n = row["area"]
        layer = f.areas.set_index("area").loc[n]
        known = {words["col_area"]: str(n), words["col_name"]: layer["name"]}
        if "radio_code" in layer:
            mean = f.areas["workload"].mean()
            known |= {
                words["col_radio_code"]: str(layer["radio_code"]), words["col_over_mean"]: layer["workload"] / mean,
                words["unit_minutes"]: layer["workload"],
                words["col_workload"]: layer["workload"] / (mean * len(f.areas)),
                words["col_mean_minutes"]: layer["mean_minutes"], words["col_worst_minutes"]: layer["worst_minutes"],
                words["col_incidents"]: by_cell["incidents"].sum()[n],
                words["col_harm"]: by_cell["harm"].sum()[n] if "harm" in f.cells else None,
                words["col_rank_by_harm"]: _rank(by_cell, "harm", n),
                words["col_minutes_today"]: row.get("minutes_today"),
                words["col_mostly"]: words["mostly"].replace("{name}", str(row.get("mostly"))).replace(
                    "{share:.0%}", f"{row.get('mostly_share') or 0:.0%}"),
            }  # fmt: skip
        if "population" in f.cells:
            known[words["col_population"]] = by_cell["population"].sum()[n]
        rows.append(known)
    return rows


def _posts(f, heads, words):
    if not _columns(heads, words, "post", "coordinates"):
        return None
    rows = []
    for kind, layer in (("post", f.sites), ("checkpoint", f.checkpoints)):
        for row in [] if layer is None else layer.sort_values("rank").to_dict("records"):
            at = row["geometry"].representative_point()
            rows.append({
                words["post"]: f"{words[f'short_{kind}']} {row['rank']}", words["name"]: _text(row.get("name")),
                words["road"]: _text(row.get("road")), words["area_name"]: _text(row["area_name"]),
                words["coordinates"]: f"{at.y:.5f}, {at.x:.5f}",
                words["hours"]: [f.told("sites", "post_hours")] if kind == "post" else words["around_the_clock"],
            })  # fmt: skip
    return rows


def _spots(f, heads, words):
    if not _columns(heads, words, "spot_incidents", "spot_expected", "spot_ratio"):
        return None
    cells, rows = f.cells[f.cells["hot_spot"] > 0].groupby("hot_spot"), []
    base = f.cells["area_km2"] if "population" not in f.cells else f.cells["population"]
    for rank, row in enumerate(f.spots.to_dict("records")[:15], 1):
        mine = cells.get_group(row["spot"])
        here = base[mine.index].sum() / base.sum() * f.cells["incidents"].sum()
        if abs(here - row["expected"]) > 0.02 * max(here, 1):
            raise AssertionError(f"hot spot {rank}: its share is {here}, the layer says {row['expected']}")
        rows.append({
            words["spot_rank"]: str(rank), words["spot_area_name"]: row["area_name"],
            words["spot_near"]: _text(row.get("near")), words["spot_incidents"]: mine["incidents"].sum(),
            words["spot_expected"]: here,
            words["spot_ratio"]: mine["incidents"].sum() / here if here > 1e-9 else None,
            words["spot_residents"]: mine["population"].sum() if "population" in mine else None,
            words["spot_harm"]: mine["harm"].sum() if "harm" in mine else None,
            words["spot_rank_by_harm"]: _rank(cells, "harm", row["spot"]),
            words["spot_ratio_places"]: row.get("ratio_places"), words["spot_kinds"]: _text(row["kinds"]),
            words["spot_peaks"]: words["spot_peak"].replace("{workdays}", _text(row["peak_workdays"]) or "–").replace(
                "{weekend}", _text(row["peak_weekend"]) or "–"),
            words["spot_repeats"]: [row["repeat_share"], row["repeat_by_chance"]],
            words["spot_years"]: f"{row['years_above']}/{row['years']}",
            words["spot_by"]: _by(mine, words),
        })  # fmt: skip
    return rows


def _rank(by, column, which):
    """Return how many groups of cells have more of a column, plus one; nothing where cells have none of it."""
    if column not in by.obj:
        return None
    sums = by[column].sum()
    return str(1 + int((sums > sums[which] * (1 + 1e-9)).sum()))


def _by(mine, words):
    """Return the methods in which half of the incidents of a hot spot lie."""
    half = mine["incidents"].sum() / 2
    scan, near = mine.loc[mine["scan_cluster"] > 0, "incidents"].sum() >= half, mine["clustered"].sum() >= half
    return words["by_both" if scan and near else "by_scan" if scan else "by_clusters" if near else "by_none"]


def _changes(f, heads, words):
    if not _columns(heads, words, "change_kind", "change_cells"):
        return None
    told = f.told("hotspots", "change")
    counts = told if f.public else f.cells["hotspot_change"].value_counts()
    classes = [f"{kind} {way}" for kind in CHANGES for way in ("hot", "cold")]
    return [
        {words["change_kind"]: words[f"hotspot_change_{name}"], words["change_cells"]: counts[name]}
        for name in classes if counts.get(name)
    ]  # fmt: skip


def _top_cells(f, heads, words):
    if words["risk_plan"] not in heads and not _columns(heads, words, "cell_id", "per_year"):
        return None
    cells = f.cells
    if "withheld" in cells:
        cells = cells[~cells["withheld"].astype(bool)]
    elif "population" in cells:
        people, enough = ("households", 10) if "households" in cells else ("population", 30)
        few = cells[people].round().between(1, enough - 1)
        busy = (cells["incidents"] >= 30) & (cells["incidents"] > 3 * cells["population"])
        cells = cells[~few | busy]
    order = "risk_plan" if "risk_plan" in cells else "risk"
    top = cells.sort_values(order, ascending=False, kind="stable").head(10)
    year = {"week": 365.25 / 7, "day": 365.25, "month": 12.0, "year": 1.0}[_period(f, words)]
    return [
        {words["cell_id"]: row["cell"], words[order]: row[order], words["per_year"]: row[order] * year,
         words["risk_low"]: row.get("risk_low"), words["risk_high"]: row.get("risk_high"),
         words["chance"]: row.get("chance"), words["incidents"]: row["incidents"], words["area_name"]: row["area_name"]}
        for row in top.to_dict("records")
    ]  # fmt: skip


def _period(f, words):
    first, end = (pd.Timestamp(f.told("risk", key)) for key in ("period", "period_end"))
    return {1: "day", 7: "week", 366: "year", 365: "year"}.get((end - first).days, "month")


def _read(f, heads, words):
    if not _columns(heads, words, "source", "read", "set_aside"):
        return None
    if f.public:  # rows are told in steps, and stand in no file beside the report
        columns = {words[key]: _in_steps for key in ("read", "kept", "set_aside", "reasons")}
        return [columns for role in f.inputs if role not in ("forces", "existing")]
    rows = []
    for told in f.inputs.values():
        aside = told.get("set_aside", {})
        reasons = partial(_reasons, sorted(filter(None, aside.values()), reverse=True))
        rows.append({words["read"]: told["read"], words["kept"]: told["kept"],
                     words["set_aside"]: told["read"] - told["kept"], words["reasons"]: reasons})  # fmt: skip
    return _in_order(rows, f)


def _reasons(right, text):
    """Return whether the rows set aside, most first, stand each behind its reason."""
    return [int(part.rpartition(": ")[2].replace(",", "")) for part in text.split("; ") if part] == right


def _in_order(rows, f):
    """Return the rows with the records last, as they are read."""
    roles = list(f.inputs)
    return [row for _, row in sorted(zip(roles, rows, strict=True), key=lambda p: p[0] in ("incidents", "calls"))]


def _in_steps(text):
    """Return whether a public number of rows is told in steps of five."""
    return all(int(n.replace(",", "")) % 5 == 0 for n in NUMBER.findall(text))


def _two_digits(text):
    """Return whether every public score has two digits that count at most."""
    return all(len(n.replace(".", "").strip("0")) <= 2 for n in NUMBER.findall(text))


def _uses(f, heads, words):
    if not _columns(heads, words, "use", "wanted", "staffed"):
        return None
    relief = f.told("strength", "relief_factor")
    return [
        {words["wanted"]: row["wanted"], words["staffed"]: row["staffed"],
         words["officer_shifts_day"]: row["officer_shifts_day"],
         words["officers_employed"]: row["officer_shifts_day"] * relief, words["vehicles"]: row["vehicles"]}
        for row in f.told("strength", "uses").values() if row["wanted"]
    ]  # fmt: skip


def _shifts(f, heads, words):
    if not _columns(heads, words, "officers_wanted", "officers_on_duty"):
        return None
    keys = ("officers_wanted", "officers_on_duty", "vehicles_wanted", "vehicles_on_duty")
    return [
        {words["shift"]: shift} | {words[key]: row[key] for key in keys}
        for shift, row in f.told("strength", "shifts").items()
    ]


def _duty(f, heads, words):
    if not _columns(heads, words, "hours", "forces_on_duty", "blind_spot"):
        return None
    return [
        {words["hours"]: row["hours"], words["forces_on_duty"]: row["forces"], words["officers"]: row["officers"],
         words["reached_share"]: row["reached_share"], words["with_posts_share"]: row["with_posts_share"],
         words["blind_spot"]: 1 - row["with_posts_share"]}
        for row in f.told("sites", "duty")
    ]  # fmt: skip


def _sites(f, heads, words):
    if not _columns(heads, words, "gain", "adds_share"):
        return None
    return [
        {words["name"]: _text(row["name"]), words["area_name"]: _text(row["area_name"]), words["gain"]: row["gain"],
         words["adds_share"]: row["adds_share"]}
        for row in f.sites.to_dict("records")[:30]
    ]  # fmt: skip


def _grades(f, heads, words):
    if not _columns(heads, words, "grade", "meets", "grade_loss"):
        return None
    grades, rows = list(f.told("checkpoints", "grades")), []
    for i, grade in enumerate(grades):
        upto = f.checkpoints[f.checkpoints["grade"].isin(grades[: i + 1])]
        told = f.told("checkpoints", "grades", grade)
        rows.append({words["checkpoints"]: len(upto), words["meets"]: upto["adds_share"].sum(),
                     words["grade_loss"]: told["loss"]})  # fmt: skip
    return rows


def _scores(f, heads, words):
    if not _columns(heads, words, "area_share", "hit_rate", "pai"):
        return None
    risk = f.told("risk")
    return [
        {words["area_share"]: [float(share)]}
        | {words[m]: [risk[m][share][k] for k in ("value", "low", "high")] for m in ("hit_rate", "pai", "pei")}
        for share in sorted(risk["hit_rate"])
    ]


def _models(f, heads, words):
    if words["model"] not in heads or not any(head.startswith("PAI") for head in heads):
        return None
    columns = {words[f"metric_{m}"].format(share=float(v)): f"{m}_{v}"
               for m in ("hit_rate", "pai", "pei") for v in f.told("risk")["hit_rate"]}  # fmt: skip
    if f.scores is None:
        return [dict.fromkeys(columns, _two_digits)] * N_MODELS
    means = f.scores.groupby("model", sort=False).mean(numeric_only=True)
    return [{head: partial(_first, row[column]) for head, column in columns.items()} for _, row in means.iterrows()]


def _first(mean, text):
    """Return whether a value with its interval is the mean of the past periods, inside its interval."""
    value, low, high = (float(n.replace(",", "")) for n in NUMBER.findall(text))
    return low <= value <= high and abs(value - mean) <= 0.0051 * max(abs(mean), 1e-9)


CHOICES = {
    "goals": ("goal", "weight", "value", "reference", "ratio"),
    "numbers": ("n", "workload", "max_over_mean", "mean_minutes", "p90_minutes", "within", "gain"),
    "shifts": ("shift", "max_over_mean", "kept_max_over_mean", "mean_minutes", "changed"),
    "change": ("max_change", "changed", "max_over_mean", "mean_minutes"),
}


def _choices(f, heads, words):
    """Goals, other numbers of areas, areas by shift, more change: told as the summary has them, checked where known."""
    names = [n for n, columns in CHOICES.items() if list(heads) == [words[f"areas_col_{c}"] for c in columns]]
    if not names:
        return None
    rows = f.told("areas", names[0])
    if names == ["shifts"]:
        _check_shifts(f, rows)
    if names == ["numbers"]:
        plan = next(row for row in rows if row["n"] == len(f.areas))
        assert abs(plan["workload"] * plan["n"] / f.areas["workload"].sum() - 1) < 1e-6
    if names == ["goals"]:
        assert abs(sum(row["weight"] for row in rows) - 1) < 1e-9
    first, *columns = CHOICES[names[0]]
    return [
        {words[f"areas_col_{first}"]: words.get(f"areas_goal_{row[first]}", row[first]),
         **{words[f"areas_col_{c}"]: row.get(c) for c in columns}}
        for row in rows
    ]  # fmt: skip


def _check_shifts(f, rows):
    """Units in another area than the plan's are counted anew; two shifts differ by no more than is wanted."""
    unit = f.cells["unit"] if "unit" in f.cells else f.cells["cell"]
    for row in rows:
        moved = f.cells[f"shift_area_{row['shift']}"] != f.cells["area"]
        assert abs(moved.groupby(unit).max().mean() - row["changed"]) < 1e-6
        for other in rows:
            differ = f.cells[f"shift_area_{row['shift']}"] != f.cells[f"shift_area_{other['shift']}"]
            assert (
                differ.groupby(unit).max().mean() <= f.json("manifest.json")["settings"]["areas"]["shift_change"] + 1e-9
            )


def _sensitivity(f, heads, words):
    if not _columns(heads, words, "weight", "units_moved", "share_moved"):
        return None
    return [
        {words["weight"]: "" if row["weight"] is None else f"{row['weight']:.2g} → {row['changed_to']:.2g}",
         words["units_moved"]: row["units_moved"], words["share_moved"]: row["share_moved"],
         words["kept_max_over_mean"]: row["kept_max_over_mean"]}
        for row in f.told("workload", "sensitivity")
    ]  # fmt: skip


def _borders(f, heads, words):
    if list(heads) != [words["col_name"], words["col_spoken_border"]]:
        return None
    return [{words["col_name"]: row["name"], words["col_spoken_border"]: row["spoken_border"]}
            for row in f.areas.sort_values("area").to_dict("records")]  # fmt: skip
