"""How good the forecast is: tested on the past, beside naive maps and its ceiling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from patrolgeo.pages.blocks import Block, Figure, Part, Table, Text, printed_table, texts
from patrolgeo.pages.charts import interval_bars
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report.scores import (
    SHARES,
    Words,
    ahead,
    as_interval,
    interval_text,
    rivals,
    score,
    share_text,
    verdict,
)
from patrolgeo.words.messages import say


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return what the forecast caught at each share of the area, the table of scores, and all models."""
    risk = found.summary.get("risk", {})
    made: list[Block] = list(texts(model_lines(found, words)))
    tested = [
        block
        for share, text in zip(SHARES, ("text", "again"), strict=True)
        for block in _one_share(risk, share, text, words)
    ]
    made += tested
    if tested:
        made += [_score_table(risk, words), Text(words["metric_note"], "note")]
    if found.scores is not None and len(found.scores):
        made.append(Part(words["scores"], [printed_table(_by_model(found.scores, words), words)]))
    return made


def model_lines(found: Findings, words: Words) -> list[str]:
    """Return which map the plan is made from and why, for which weeks, and how many incidents it expects."""
    risk = found.summary.get("risk", {})
    if "period_end" not in risk:
        return []
    model = words.get(f"model_{risk['model']}", risk["model"])
    first, end = risk["period"][:10], risk["period_end"][:10]
    return [
        say(words, "model_text", model=model, reason=words[f"reason_{risk['reason']}".replace(" ", "_")]),
        say(words, "period_text", first=first, end=end, n=risk["expected_incidents"], periods=risk["plan_periods"],
            mean=risk["expected_a_period"], period=words[found.period], plural=words[f"{found.period}s"]),
    ]  # fmt: skip


def _one_share(risk: Mapping[str, Any], share: str, text: str, words: Words) -> list[Block]:
    """Say how much the forecast caught in one share of the area, beside the naive maps and the ceiling."""
    hit = score(risk, "hit_rate", share)
    if hit is None:
        return []
    beside = rivals(risk, share, words)
    lines = [say(words, f"forecast_{text}", share=float(share), value=share_text(hit, words))]
    lines += [
        say(words, verdict(hit, naive, ahead(risk, name, share)), rival=rival, naive=f"{naive[0]:.1%}")
        for name, rival, naive in beside if name != risk.get("model")
    ]  # fmt: skip
    if (stack := score(risk, "stack_hit_rate", share)) and risk.get("model") != "stack":
        lines.append(say(words, "stack_text", value=stack[0]))
    reached, ceiling = score(risk, "pei", share), score(risk, "pei_ceiling", share)
    if reached and ceiling:
        lines.append(say(words, "ceiling_text", pei=reached[0], ceiling=ceiling[0]))
    bars = [(words["forecast"], *hit), *[(rival, *naive) for _, rival, naive in beside]]
    return [*texts(lines), Figure(interval_bars(bars, words["hit_rate"]))]


def _score_table(risk: Mapping[str, Any], words: Words) -> Table:
    rows = []
    for share in sorted(risk.get("hit_rate", SHARES), key=float):
        hit, *others = (score(risk, metric, share) for metric in ("hit_rate", "pai", "pei"))
        rows.append([f"{float(share):.0%}", share_text(hit, words), *[interval_text(other, words) for other in others]])
    return Table([words[key] for key in ("area_share", "hit_rate", "pai", "pei")], rows)


def _by_model(scores: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Turn one row a model and metric into one row a model; another table stays as it is."""
    if not {"model", "metric", "value", "low", "high"} <= set(scores.columns):
        return scores
    told = [interval_text(as_interval(row), words) for row in scores[["value", "low", "high"]].to_dict("records")]
    table = scores.assign(text=told).pivot(index="model", columns="metric", values="text")
    table = table.loc[scores["model"].unique(), scores["metric"].unique()]
    names = [_metric_name(str(metric), words) for metric in table.columns]
    return table.rename(index=lambda model: words.get(f"model_{model}", model)).set_axis(names, axis=1)


def _metric_name(metric: str, words: Words) -> str:
    name, _, share = metric.rpartition("_")
    return say(words, f"metric_{name}", share=float(share)) if f"metric_{name}" in words else metric
