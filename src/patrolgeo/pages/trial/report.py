"""The report of a trial: did it work, what it cost, what was promised, how it was set up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from patrolgeo.files import write_text
from patrolgeo.pages.blocks import Block, Lines, Part, Section, Table, Text, texts
from patrolgeo.pages.caveats import caveats
from patrolgeo.pages.edition import Edition
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report import reading
from patrolgeo.pages.templating import render, source
from patrolgeo.pages.trial.next import what_next
from patrolgeo.words.messages import number, say

Words = Mapping[str, str]
Summary = Mapping[str, Any]
LOW_POWER, MOST = 0.5, 10.0
OFFICERS = ("officer_initiated", "officer_made")


def write_trial_report(path: str | Path, summary: Summary, edition: Edition) -> Path:
    """Write the report of a trial as one page.

    Parameters
    ----------
    path
        Where to write.
    summary
        The numbers, as ``summary.json`` has them.
    edition
        Title, language and marks.

    Returns
    -------
    The path.
    """
    words, promise, told = edition.table, summary["promise"], summary["inputs"]["incidents"]
    known = Findings({"incidents": told}, origins=told["origins"] or None)
    sections = [
        Section(words["trial_worked"], list(_worked(summary, words))),
        Section(words["trial_cost"], [*_cost(summary, words), *what_next(summary, words)]),
        Section(words["trial_promised"], texts(_promised(summary, words))),
        Section(words["trial_setup"], texts(_setup(summary, words))),
        Section(words["was_read"], reading.blocks(known, words)),
        Section(words["trial_again"], [Lines((words["trial_verify"], words["trial_bundle"]))]),
    ]
    page = render(
        "report.html", edition=edition, words=words, heading=words["trial_report"],
        span=say(words, "data_span", first=promise["start"], last=promise["end"]),
        first_page=[*_rehearsal(summary, words), *caveats(known, edition)], sections=sections,
        style=source("report.css"),
    )  # fmt: skip
    return write_text(path, page)


def _rehearsal(summary: Summary, words: Words) -> list[str]:
    told = summary["rehearsal"]
    if told is None:
        return []
    return [say(words, "trial_rehearsal", share=told["cut"], n=told["taken_out"], done=told["done"])]


def _worked(summary: Summary, words: Words) -> Iterator[Block]:
    """Give what moved next door, then what was won, then the kinds."""
    told = summary["effect"]
    if told is None:
        yield Text(say(words, "trial_not_over", end=summary["promise"]["end"]))
        return
    if told["rings"]:
        yield Text(words["trial_beside_first"], "note")
    for at, ring in enumerate(told["rings"]):
        yield Text(_effect(ring | {"alpha": told["alpha"]}, ring_name(summary, at, words), words))
    yield Text(_effect(told, words["trial_treated"], words))
    if told["prevented"]["low"] is not None:
        yield Text(say(words, "trial_prevented", **{k: number(v) for k, v in told["prevented"].items()}))
    if (hour := told["per_hour"]) is not None and None not in (hour["low"], hour["high"]):
        ends = {name: percent(hour[name]) for name in ("low", "high")}
        yield Text(say(words, "trial_per_hour", change=percent(hour["effect"]), **ends))
    left = summary["inputs"]["incidents"]["not_counted"]
    yield Text(say(words, "trial_officers", n=sum(left.get(name, 0) for name in OFFICERS)), "note")
    yield Part(words["trial_by_kind"], [_kinds(summary, words), Text(words["trial_many"], "note")])


def _effect(told: Summary, where: str, words: Words) -> str:
    """Return an effect in words: its size and interval, and what they allow to say."""
    if told["low"] is None or told["effect"] is None or told["high"] is None:
        return say(words, "trial_effect_open", where=where, why=words["trial_few"])
    ends = {name: percent(told[name]) for name in ("low", "high")}
    size = say(words, "trial_effect", where=where, change=percent(told["effect"]), level=1 - told["alpha"], **ends)
    return f"{size} {words['trial_' + told['finding'].replace(' ', '_')]}"


def ring_name(summary: Summary, at: int, words: Words) -> str:
    """Return the name of the ring at a place in the list."""
    ends = [0.0, *summary["promise"]["rings_m"]]
    if at == 0:
        return say(words, "trial_ring_to", far=ends[1])
    return say(words, "trial_ring_between", near=ends[at], far=ends[at + 1])


def percent(value: float | None) -> str:
    """Write a relative change: a sign, and one digit after the point; beyond ten times no digits that mean nothing."""
    if value is not None and value > MOST:
        return f">{MOST:+,.0%}"
    return "–" if value is None else f"{value:+.1%}".replace("-", "−")


def _kinds(summary: Summary, words: Words) -> Table:
    rings = {ring["ring"]: ring_name(summary, at, words) for at, ring in enumerate(summary["effect"]["rings"])}
    places = rings | {"treated": words["trial_treated"]}
    rows = [
        [words.get(f"category_{row['kind']}", row["kind"]), places[row["where"]], percent(row["effect"]),
         "–" if row["low"] is None else f"{percent(row['low'])} – {percent(row['high'])}",
         words["trial_said_" + row["finding"].replace(" ", "_")]]
        for row in summary["effect"]["kinds"]
    ]  # fmt: skip
    heads = ("trial_kind", "trial_where", "trial_change", "trial_interval", "trial_said")
    return Table([words[head] for head in heads], rows)


def _cost(summary: Summary, words: Words) -> Iterator[Block]:
    told = summary["cost"]
    if told is None:
        yield Text(words["trial_no_cost"])
        return
    money = {
        name: "–" if told[name] is None else number(told[name]) for name in ("cost", "per_incident", "low", "high")
    }
    yield Text(say(words, "trial_spent", cost=money["cost"], currency=told["currency"]))
    if told["per_incident"] is None or told["low"] is None:
        yield Text(words["trial_no_price"])
    else:
        key = "trial_unbounded" if told["unbounded"] else "trial_per_incident"
        values = {"per": money["per_incident"], "low": money["low"], "high": money["high"]}
        yield Text(say(words, key, currency=told["currency"], **values))
    if told["value"] is not None and told["benefit_low"] is not None:
        ends = {"benefit": told["benefit"], "low": told["benefit_low"], "high": told["benefit_high"]}
        said = {name: number(value) for name, value in ends.items()}
        yield Text(say(words, "trial_benefit", value=number(told["value"]), currency=told["currency"], **said))


def _promised(summary: Summary, words: Words) -> Iterator[str]:
    promise, held = summary["promise"], summary["kept_promises"]
    yield say(words, "trial_registered", day=promise["registered"], start=promise["start"], seal=summary["seal"][:16])
    if held is None:
        yield words["trial_no_registration"]
        return
    lost = [row["name"] for row in held if not row["kept"]]
    yield say(words, "trial_not_kept", names=", ".join(lost)) if lost else say(words, "trial_all_kept", n=len(held))


def _setup(summary: Summary, words: Words) -> Iterator[str]:
    promise, power, stops = summary["promise"], summary["power"], summary["stops"]
    yield say(words, "trial_lots", n=len(promise["treated"]), m=len(promise["control"]), before=power["weeks_before"],
              after=power["weeks_after"])  # fmt: skip
    yield say(words, "trial_risk", **{arm: number(risk) for arm, risk in summary["risk"].items()})
    yield say(words, "trial_power", cut=power["cut"], power=power["power"], expected=number(power["expected"]),
              times=power["dispersion"])  # fmt: skip
    if power["power"] < LOW_POWER:
        yield words["trial_low_power"]
    yield say(words, "trial_stops", n=stops["n"], days=stops["days"], places=stops["places"],
              hours=number(stops["hours"]))  # fmt: skip
    if (got := stops["delivered"]) is not None:
        yield say(words, "trial_delivered", treated=number(got["treated"]), control=number(got["control"]))
