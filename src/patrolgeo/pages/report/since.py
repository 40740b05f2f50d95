"""What changed since the last plan, and what of it is more than noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from patrolgeo.pages.blocks import Block, texts
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report.scores import Words
from patrolgeo.words.messages import number, say


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return the changes of areas, posts and hot spots; nothing without an earlier plan."""
    since = found.summary.get("since")
    if not since or "last" not in since:
        return []
    lines = [say(words, "since_text", last=since["last"][:10]), *_areas(since["areas"], words)]
    if since.get("sites"):
        lines += _sites(since["sites"], words)
    return texts([*lines, *_spots(since["spots"], words)])


def _areas(told: Mapping[str, Any], words: Words) -> list[str]:
    people = "" if told["people"] is None else say(words, "since_people", n=told["people"])
    moved = say(
        words, "since_areas", n=told["cells"], share=told["cells_share"], work=told["workload_share"], people=people
    )
    old, new = ({k: number(v) for k, v in told[which].items()} for which in ("old", "new"))
    verdict = say(
        words, "since_needed" if told["needed"] else "since_not_needed", old_ratio=old["max_over_mean"],
        old_minutes=old["mean_travel_minutes"], ratio=new["max_over_mean"], minutes=new["mean_travel_minutes"],
    )  # fmt: skip
    return [moved, verdict]


def _sites(told: Mapping[str, Any], words: Words) -> list[str]:
    changed = say(words, "since_sites", added=_names(told["added"], words), dropped=_names(told["dropped"], words))
    shares = {"old": told["old_covered_share"], "new": told["covered_share"]}
    return [changed, say(words, "since_sites_needed" if told["needed"] else "since_sites_noise", **shares)]


def _names(names: Sequence[Any], words: Words) -> str:
    return words["list_comma"].join(str(name) for name in names) if names else words["none"]


def _spots(told: Mapping[str, Any], words: Words) -> list[str]:
    lines = [say(words, "since_spots", stayed=told["stayed"], new=len(told["new"]), gone=len(told["gone"]))]
    for kind in ("new", "gone"):
        real = [row for row in told[kind] if row["more_than_noise"]]
        if told[kind]:
            lines.append(say(words, f"since_spots_{kind}", n=len(told[kind]), real=len(real)))
    return lines
