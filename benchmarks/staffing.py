"""Units by hour against the oracle, rosters against their bound, and units of one year judged on the next.

    python benchmarks/staffing.py [units] [rosters] [boone]

Writes benchmarks/results/staffing.json, each part on its own. CPU seconds are of one thread, kernels warm. `boone`
takes rates and service times of 2016 and replays the calls of 2017: what was tuned on one year is judged on the other.
"""

import heapq
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from patrolgeo import hourly_calls, measure_units, staff_shifts, staff_units
from patrolgeo.plan.optimise.queues.erlang import erlang_b, erlang_c
from patrolgeo.testing import check_roster

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("PATROLGEO_DATA", ROOT / ".." / "shared" / "data"))
TARGET = ROOT / "benchmarks" / "results" / "staffing.json"


def oracles():
    return json.loads((DATA / "oracles" / "oracles2.json").read_text())


def units():
    """The units by hour of the oracle, and the tables of Erlang."""
    known = oracles()
    case = known["units_by_hour"]
    start = time.process_time()
    found = staff_units(
        case["inputs"]["arrivals_per_hour"], mean_service_hours=case["inputs"]["mean_service_hours"], share=0.9,
        within_hours=5 / 60,
    )  # fmt: skip
    cpu = time.process_time() - start
    off = [abs(erlang_b(r["servers"], r["load"]) - r["blocking"]) for r in known["erlang"]["expected"]]
    off += [
        abs(erlang_c(r["servers"], r["load"]) - r["waiting"]) for r in known["erlang"]["expected"] if "waiting" in r
    ]
    return {
        "hours_equal": int((found.to_numpy() == case["expected"]["units"]).sum()), "of": len(found),
        "unit_hours": int(found.sum()), "expected": case["expected"]["unit_hours"], "erlang_worst_error": max(off),
        "cpu_s": round(cpu, 4),
    }  # fmt: skip


def weeks():
    """Weeks to be rostered: the oracle's, the one of an earlier prototype, steps, and drawn ones."""
    hour = np.arange(168)
    oracle = np.array(oracles()["units_by_hour"]["expected"]["units"])
    wave = 6 + 5 * np.maximum(0, np.sin((hour % 24 - 9) / 24 * 2 * np.pi))
    party = 3 * ((hour % 24 >= 20) | (hour % 24 < 2)) * (hour // 24 >= 4)
    made = {
        "oracle": oracle, "prototype (2271 hours)": np.ceil((wave + party) / 0.6).astype(int), "nine around the clock":
        np.full(168, 9), "oracle x 10": 10 * oracle, "steps 4, 5": np.tile([4] * 8 + [5] * 16, 7),
        "steps 3, 6": np.tile([3] * 8 + [6] * 16, 7), "steps 2, 4": np.tile([2] * 8 + [4] * 16, 7),
    }  # fmt: skip
    for seed in range(5):
        rng = np.random.default_rng(seed)
        rates = rng.uniform(2, 6) * (1 + 0.6 * np.sin((hour % 24 - rng.uniform(8, 12)) / 24 * 2 * np.pi))
        rates *= rng.uniform(0.9, 1.1, 168)
        made[f"drawn {seed}"] = staff_units(rates, mean_service_hours=0.75, share=0.9, within_hours=0.1).to_numpy()
    return made


def rosters():
    """Gap and CPU seconds of each week; every roster is held against its rules by another count."""
    staff_shifts([3] * 168, effort=1)  # the kernel is warm
    rows = []
    for name, wanted in weeks().items():
        start = time.process_time()
        plan = staff_shifts(wanted)
        cpu = time.process_time() - start
        check_roster(plan)
        rows.append({"week": name, "wanted": int(wanted.sum()), "hours": plan.objective, "bound": plan.bound,
                     "gap_percent": round(100 * plan.gap, 3), "status": plan.status,
                     "cpu_s": round(cpu, 2)})  # fmt: skip
        print(rows[-1], flush=True)
    gaps = np.array([r["gap_percent"] for r in rows])
    return {"within_1.5_percent": int((gaps <= 1.5).sum()), "of": len(rows), "worst_percent": gaps.max(),
            "slowest_cpu_s": max(r["cpu_s"] for r in rows), "broken_rules": 0, "rows": rows}  # fmt: skip


def boone():
    """Units from the calls of 2016, and how many calls of 2017 they would have begun in time."""
    calls = pd.read_parquet(DATA / "boone" / "ambulance_calls_2016_2017.parquet")
    busy = (calls["clear"] - calls["dispatch"]).dt.total_seconds() / 60
    calls = calls[(busy > 0) & (busy < 480)].rename(columns={"call": "received", "dispatch": "dispatched",
                                                              "clear": "cleared"}).assign(units=1)  # fmt: skip
    first, second = (calls[calls["received"].dt.year == year] for year in (2016, 2017))
    rates, hours = hourly_calls(first, report_minutes=0)
    rows = []
    for share in (0.8, 0.9, 0.95):
        for lag in (False, True):
            wish = {"mean_service_hours": hours, "within_hours": 5 / 60, "lag": lag}
            asked = staff_units(rates["rate"], share=share, **wish)
            told = measure_units(asked, rates["rate"], **wish)["within_share"]
            expected = float(np.average(told, weights=rates["rate"]))
            waits = replay(second, asked.to_numpy())
            by_week = (waits <= 5).groupby(second["received"].dt.isocalendar().week.to_numpy()).mean()
            half = 1.96 * by_week.std() / np.sqrt(len(by_week))
            got = float((waits <= 5).mean())
            rows.append({"wanted": share, "lag": lag, "unit_hours": int(asked.sum()), "model_2016": round(expected, 4),
                         "replayed_2017": round(got, 4), "low": round(got - half, 4),
                         "high": round(got + half, 4)})  # fmt: skip
            print(rows[-1], flush=True)
    return {"calls_2016": len(first), "calls_2017": len(second), "mean_service_hours": round(hours, 4), "rows": rows}


def replay(calls, units):
    """Return the minutes that each call waits for a free unit: first come, first served, real times on the call."""
    order = calls.sort_values("received")
    service = (order["cleared"] - order["dispatched"]).dt.total_seconds().to_numpy() / 60
    zero = order["received"].min().normalize()
    zero -= pd.Timedelta(days=zero.day_of_week)
    received = (order["received"] - zero).dt.total_seconds().to_numpy() / 60
    ends, begun, waits = [], 0.0, np.zeros(len(order))
    for k, (asked, minutes) in enumerate(zip(received, service, strict=True)):
        now = max(asked, begun)
        while True:
            while ends and ends[0] <= now:
                heapq.heappop(ends)
            if len(ends) < units[int(now // 60) % 168]:
                break
            now = min(ends[0] if ends else np.inf, (now // 60 + 1) * 60)
        begun, waits[k] = now, now - asked
        heapq.heappush(ends, now + minutes)
    return pd.Series(waits, order.index).reindex(calls.index)


if __name__ == "__main__":
    parts = {"units": units, "rosters": rosters, "boone": boone}
    results = json.loads(TARGET.read_text()) if TARGET.exists() else {}
    for name in sys.argv[1:] or parts:
        results[name] = parts[name]()
        print(name, {k: v for k, v in results[name].items() if k != "rows"}, flush=True)
    TARGET.write_text(json.dumps(results, indent=1) + "\n")
