"""How good the patrol areas are: balance beside reach, what they carry, how much hangs on the weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from patrolgeo.pages.blocks import Block, Part, Table, Text, printed_columns, printed_table, texts
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report.scores import Words
from patrolgeo.words.messages import number, say

AREA_KEYS = ("max_over_mean", "mean_travel_minutes", "worst_travel_minutes")
COLUMNS = (
    "name", "radio_code", "spoken_border", "over_mean", "mean_minutes", "worst_minutes", "population", "risk",
)  # fmt: skip


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return balance beside reach, grain and shape, today's areas, proof, table, what they carry.

    What is missing in the summary is left out.
    """
    summary = found.summary
    areas = summary.get("areas", {})
    made = texts([*_area_lines(areas, words), *_grain_and_shape(areas, words), *_today(areas, words)])
    if made:
        made.append(Text(words["both_text"], "note"))
    if areas.get("noncontiguous") is not None:
        split = areas["noncontiguous"]
        made.append(Text(say(words, "split_text", n=split) if split else words["whole_text"]))
    made += texts(_area_proof(areas, words))
    if found.areas is not None and not areas.get("by_area"):
        made.append(printed_table(printed_columns(found.areas, COLUMNS), words))
    if rows := [[row["name"], row["spoken_border"]] for row in areas.get("by_area", []) if row.get("spoken_border")]:
        made.append(Part(words["area_borders"], [Table([words["col_name"], words["col_spoken_border"]], rows)]))
    made += _choices(areas, words)
    if work := _work_lines(summary, words):
        made.append(Part(words["how_work"], [*texts(work), *_sensitivity(summary, words)]))
    return made


CHOICES = {
    "goals": {"weight": ".0%", "value": ".4g", "reference": ".4g", "ratio": ".3f"},
    "numbers": {"workload": ".4g", "max_over_mean": ".2f", "mean_minutes": ".1f", "p90_minutes": ".1f",
                "within": ".1%", "gain": ".2f"},
    "shifts": {"max_over_mean": ".2f", "kept_max_over_mean": ".2f", "mean_minutes": ".1f", "changed": ".1%"},
    "change": {"changed": ".1%", "max_over_mean": ".2f", "mean_minutes": ".1f"},
}  # fmt: skip
FIRST = {"goals": "goal", "numbers": "n", "shifts": "shift", "change": "max_change"}


def _choices(areas: Mapping[str, Any], words: Words) -> list[Block]:
    """Return the goals with their weights, other numbers of areas, and what more change brings, where asked for."""
    made: list[Block] = []
    for name, columns in CHOICES.items():
        if rows := areas.get(name):
            heads = [words[f"areas_col_{column}"] for column in (FIRST[name], *columns)]
            told = [[_first(row[FIRST[name]], words), *_numbers(row, columns)] for row in rows]
            made.append(Part(words[f"areas_{name}"], [Text(words[f"areas_{name}_text"]), Table(heads, told)]))
    return made


def _first(value: Any, words: Words) -> str:
    if isinstance(value, float):
        return f"{value:.1%}"
    return words.get(f"areas_goal_{value}", f"{value}")


def _numbers(row: Mapping[str, Any], columns: Mapping[str, str]) -> list[str]:
    return ["" if row.get(column) is None else format(row[column], shape) for column, shape in columns.items()]


def _today(areas: Mapping[str, Any], words: Words) -> list[str]:
    current = areas.get("current")
    if not current:
        return []
    shape = _shape(current)
    said = [say(words, "current_text", **_balance_and_reach(current))]
    return [*said, say(words, "current_shape", **shape)] if shape else said


def _grain_and_shape(areas: Mapping[str, Any], words: Words) -> list[str]:
    lines = []
    if areas.get("heaviest_unit") is not None:
        lines.append(say(words, "grain_text", share=areas["heaviest_unit"]))
    if shape := _shape(areas):
        lines.append(say(words, "shape_text", **shape))
    return lines


def _shape(areas: Mapping[str, Any]) -> dict[str, float]:
    compact, km = areas.get("polsby_popper"), areas.get("border_km")
    return {} if compact is None or km is None else {"compact": compact, "km": km}


def _area_proof(areas: Mapping[str, Any], words: Words) -> list[str]:
    """Say how far the areas are from the best, and for which plans the bound holds."""
    key = {"any plan": "bound_any", "these centers": "bound_centers", "none": "bound_none"}.get(
        areas.get("bound_holds_for", "")
    )
    return [] if key is None else [say(words, key, gap=areas.get("gap") or 0.0)]


def _work_lines(summary: Mapping[str, Any], words: Words) -> list[str]:
    """Say in what the work is counted, and what it is made of."""
    work, n = summary.get("workload", {}), summary.get("areas", {}).get("n")
    total = sum(work.get("parts", {}).values())
    if not total:
        return []
    shares = [f"{words.get(f'part_{name}', name)} {part / total:.0%}" for name, part in work["parts"].items()]
    made_of = words["list_comma"].join(shares)
    if work["unit"] == "index":
        return [say(words, "work_index", parts=made_of)]
    known = {"total": work["unit_minutes"], "hours": work["shift_hours"], "share": work["committed_share"], "n": n}
    return [say(words, "work_minutes", parts=made_of, **known)]


def _sensitivity(summary: Mapping[str, Any], words: Words) -> list[Block]:
    """Return how many units change area when a weight does."""
    rows = summary["workload"].get("sensitivity", [])
    if not rows:
        return []
    heads = [words[key] for key in ("part", "weight", "units_moved", "share_moved", "kept_max_over_mean")]
    told = [
        [
            words.get(f"part_{row['part']}", row["part"]),
            "" if row["weight"] is None else f"{row['weight']:.2g} → {row['changed_to']:.2g}",
            f"{row['units_moved']:,}", f"{row['share_moved']:.1%}", f"{row['kept_max_over_mean']:.2f}",
        ]
        for row in rows
    ]  # fmt: skip
    return [Text(words["sensitivity_text"]), Table(heads, told)]


def _area_lines(areas: Mapping[str, Any], words: Words) -> list[str]:
    if any(areas.get(key) is None for key in ("n", *AREA_KEYS)):
        return []
    known = _balance_and_reach(areas)
    return [say(words, key, n=areas["n"], **known) for key in ("balance_text", "reach_text")]


def _balance_and_reach(areas: Mapping[str, Any]) -> dict[str, Any]:
    ratio, mean, worst = (areas[key] for key in AREA_KEYS)
    return {"ratio": ratio, "mean": number(mean), "worst": number(worst)}
