"""Why is the stack as it is? Its settings side by side, on origins before the test windows of ``benchmarks/risk.py``.

``python benchmarks/risk_choices.py``: every panel ends where the first test origin of its set stands; the last 10
origins of what is left count. Results of a set are written when it is done, and a further run goes on.
"""

import json
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import numpy as np

import risk as tested
from patrolgeo import Ewma, HistoricalMean, KernelRisk, RiskStack, backtest, evaluate
from patrolgeo.files import write_json
from patrolgeo.risk import bank, mixture

RESULT = Path(__file__).parent / "results" / "risk_choices.json"
NEAR_REPEATS = [("vancouver", tested.BREAK_IN, 4), ("vancouver", "theft of vehicle", 4)]
SETTINGS = {
    "as it is": {},
    "one set of weights": {(mixture, "HOTTER"): ()},
    "hottest 5 % only, held by 400": {(mixture, "HOTTER"): (0.05,), (mixture, "HELD_BY"): 400.0},
    "held by 400": {(mixture, "HELD_BY"): 400.0},
    "without shrunk means": {(bank, "PRIOR_EVENTS"): ()},
    "without two years": {(bank, "HALF_LIVES"): (7, 30, 90, 365)},
    "windows fade after 6": {(mixture, "FADE"): 6},
}


def run(source, category, weeks):
    """Return for each setting hits over the best simple model and log score over the tuned kernel, per event."""
    panel, step = tested.panel_of(source, 9), 2 if weeks == 1 else 4
    panel = panel.iloc[: len(panel) - weeks - 9 * step]
    wanted = panel if category is None else panel[category]
    timing = {"window": weeks, "step": step, "n_origins": 10, "min_train": 26}
    simple = {
        name: kind(target=category)
        for name, kind in {"mean": HistoricalMean, "ewma": Ewma, "kernel": KernelRisk}.items()
    }
    base = sums(wanted, backtest(simple, panel, **timing))
    found = {}
    for name, changes in SETTINGS.items():
        bank._kept.clear()
        with ExitStack() as stack:
            for (module, constant), value in changes.items():
                stack.enter_context(patch.object(module, constant, value))
            ours = sums(wanted, backtest({"stack": RiskStack(target=category)}, panel, **timing))["stack"]
        best = {share: max(s[share] for s in base.values()) for share in ("hit@0.01", "hit@0.05")}
        found[name] = {share: round(ours[share] / best[share], 4) for share in best}
        found[name]["log_score"] = round((ours["log_score"] - base["kernel"]["log_score"]) / ours["events"], 4)
    return found


def with_member(source, category, weeks):
    """Return what Hawkes as a member of the stack gains on the same origins: hits over those without it, log score."""
    panel = tested.panel_of(source, 9)[category]
    panel = panel.iloc[: len(panel) - weeks - 9 * 4]
    models = {"alone": RiskStack(), "hawkes": RiskStack(members=("hawkes",))}
    found = sums(panel, backtest(models, panel, window=weeks, step=4, n_origins=10, min_train=26))
    joined, alone = found["hawkes"], found["alone"]
    gain = {share: round(joined[share] / alone[share], 4) for share in ("hit@0.01", "hit@0.05")}
    return gain | {"log_score": round((joined["log_score"] - alone["log_score"]) / alone["events"], 5)}


def sums(wanted, said):
    """Return by model the hits, the log score and the events of all origins together."""
    metrics = {m: tested.METRICS[m] for m in ("hit@0.01", "hit@0.05", "log_score", "events")}
    scores = evaluate(wanted, said, metrics).set_index("model").drop(columns=["period", "until"], errors="ignore")
    weighted = scores.mul(scores["events"], axis=0).assign(events=scores["events"])
    return weighted.groupby(level=0).sum().to_dict("index")


def pooled(sets):
    """Return by setting the geometric mean of the hit ratios and the mean gain in log score."""
    return {
        name: {
            **{k: tested.geometric([s[name][k] for s in sets.values()]) for k in ("hit@0.01", "hit@0.05")},
            "log_score": round(float(np.mean([s[name]["log_score"] for s in sets.values()])), 4),
        }
        for name in SETTINGS
    }


def main():
    known = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
    members = known.get("with hawkes", {})
    for one in NEAR_REPEATS:
        if tested.name_of(*one, 9) not in members:
            members[tested.name_of(*one, 9)] = with_member(*one)
            write_json(RESULT, known | {"with hawkes": members})
    sets = json.loads(RESULT.read_text(encoding="utf-8"))["sets"] if RESULT.exists() else {}
    for one in [*tested.NINE, *((s, c, w) for s, c, w, resolution in tested.plan() if resolution == 9 and w == 4)]:
        name = tested.name_of(*one, 9)
        if name not in sets:
            sets[name] = run(*one)
            found = {"pooled": pooled(sets), "with hawkes": members, "sets": sets}
            write_json(RESULT, {"command": "python benchmarks/risk_choices.py"} | found)
            print(name, sets[name], flush=True)
    print(json.dumps(pooled(sets), indent=1))


if __name__ == "__main__":
    main()
