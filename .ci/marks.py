"""Write `docs/benchmarks.md`: what has to hold, and what the benchmarks measured. Run `python .ci/marks.py` after one.

A mark is a name, a number of `benchmarks/results`, and the least or the most that it may be; the table says by itself
which are not reached.
"""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
HEAD = """# Benchmarks: what has to hold

Made by `python .ci/marks.py` from `benchmarks/results`; do not edit it by hand. A row is a mark that the project set
itself: what was measured, the limit, and the script of `benchmarks/` that measures it again (the day is that of its
last run). Seconds are CPU seconds on a shared machine with two cores. {met} of {all} marks are reached; **the others
are named in bold**, and the page of their room says why.

| room | mark | measured | limit | command | run on |
| --- | --- | --- | --- | --- | --- |
"""


@dataclass(frozen=True)
class Mark:
    """A number that has to be at least or at most something; `way` leads to it in a file of results."""

    room: str
    what: str
    file: str
    way: tuple
    least: float | None = None
    most: float | None = None
    shown: str = ".3g"

    def value(self):
        """Return the number, the worst of those to which a `*` in the way leads."""
        found = [json.loads((ROOT / "benchmarks" / "results" / f"{self.file}.json").read_text("utf-8"))]
        for step in self.way:
            if step == "*":
                found = [v for one in found for v in (one.values() if isinstance(one, dict) else one)]
            else:
                found = [one[step] for one in found]
        return min(found) if self.least is not None else max(found)

    @property
    def met(self):
        """Return whether the number is within its limit."""
        return (self.least is None or self.value() >= self.least) and (self.most is None or self.value() <= self.most)

    def row(self, day):
        """Return the line of the table."""
        limit = f"at least {self.least:{self.shown}}" if self.least is not None else f"at most {self.most:{self.shown}}"
        found = f"{self.value():{self.shown}}"
        found = found if self.met else f"**{found}: not reached**"
        return f"| {self.room} | {self.what} | {found} | {limit} | `{self.file}.py` | {day} |\n"


MARKS = (
    Mark("cells", "points put into another cell than h3 does, of ten million", "cells", ("exact", "mismatches"),
         most=0, shown=",.0f"),
    Mark("cells", "times faster than a loop over h3, 30,000 cells", "cells",
         ("counting", "30,000 cells", "times_faster"), least=4),
    Mark("sources", "rows lost, values changed or foreign errors in 1,000 broken exports", "sources",
         ("broken_exports", "rows_lost_values_changed_or_foreign_errors"), most=0, shown=",.0f"),
    Mark("reliability", "broken folders after 200 stops at random", "soak", ("kills", "found", "broken"), most=0,
         shown=",.0f"),
    Mark("reliability", "texts of users that ran or asked the network, of 1,012", "soak", ("texts", "found", "ran"),
         most=0, shown=",.0f"),
    Mark("hotspots", "Gi*: times faster than esda, 117,744 cells", "hotspots_scan", ("speed", "getis_ord", "ratio"),
         least=10),
    Mark("hotspots", "Knox: times faster than pointpats", "hotspots", ("speed", "knox", "ratio"), least=20,
         shown=".0f"),
    Mark("risk", "best model over a tuned kernel density, unseen places: nats", "risk",
         ("gates", "A1 best - kernel, unseen", "value"), least=0.018),
    Mark("risk", "the default over the best simple map at 5 % of the area", "risk",
         ("gates", "A2 stack / best simple @0.05, all", "value"), least=1.01, shown=".3f"),
    Mark("risk", "the default over the best simple map at 1 % of the area", "risk",
         ("gates", "A2 stack / best simple @0.01, all", "value"), least=1.01, shown=".3f"),
    Mark("risk", "5,000 cells, 104 weeks, the default: CPU s", "risk_speed",
         ("stack_5000_cells_104_weeks", "RiskStack", "first"), most=10),
    Mark("evaluation", "a study of 12 sets: CPU minutes", "studies", ("cpu_minutes_of_12_sets",), most=10),
    Mark("areas", "gap of plans of 60 units, per cent", "areas", ("exact", "60/3 seed 1", "gap_percent"), most=0),
    Mark("areas", "gap of plans of 150 units, per cent", "areas", ("exact", "150/5 seed 1", "gap_percent"),
         most=0.3),
    Mark("areas", "50,000 cells into 300 areas: CPU s", "areas", ("large", "50000/300", "cpu"), most=4),
    Mark("areas", "100,000 cells into 600 areas: CPU s", "areas", ("large", "100000/600", "cpu"), most=12),
    Mark("areas", "day and night plans of New York: share that differs", "areas", ("by_shift", "New York/77", "differ"),
         most=0.1, shown=".4f"),
    Mark("sites", "covering, 12 given instances: worst below the best known, per cent", "sites",
         ("cover", "worst_percent"), most=0.15),
    Mark("sites", "covering, 12 unseen instances: worst below the best known, per cent", "sites",
         ("unseen", "worst_percent"), most=0.15),
    Mark("sites", "p-median, optima found of 20", "sites", ("median", "exact"), least=20, shown=".0f"),
    Mark("checkpoints", "rings: largest difference from the maximum flow", "checkpoints",
         ("random_rings", "largest_difference_from_maximum_flow"), most=1e-9),
    Mark("routes", "rules broken in 500 random plans", "routes", ("rules", "broken"), most=0, shown=".0f"),
    Mark("routes", "team orienteering p4: mean of the best known", "routes", ("prizes", "mean"), least=0.997,
         shown=".4f"),
    Mark("routes", "team orienteering p4: worst of the best known", "routes", ("prizes", "worst"), least=0.985,
         shown=".4f"),
    Mark("routes", "team orienteering p4: best known reached, of 21", "routes", ("prizes", "reached"), least=11,
         shown=".0f"),
    Mark("routes", "arc routing: best known reached, of 15", "routes", ("streets", "reached"), least=10, shown=".0f"),
    Mark("routes", "1,000 stops with windows: worst above the best known", "routes", ("windows", "worst_above"),
         most=0.01, shown=".4f"),
    Mark("routes", "Manhattan, 500 cells: value over the bound", "routes", ("manhattan", "of_bound"), least=0.93),
    Mark("routes", "Manhattan: least of 200 draws over the best", "routes", ("manhattan", "least_draw"), least=0.97),
    Mark("routes", "Manhattan: places out of their wanted range, of 500", "routes", ("manhattan", "outside_range"),
         most=0, shown=".0f"),
    Mark("routes", "Manhattan: a watcher's hit rate over what chance alone allows", "routes",
         ("manhattan", "watcher", "ratio"), most=1.3, shown=".3f"),
    Mark("routes", "county: value over the bound", "routes", ("county", "of_bound"), least=0.93),
    Mark("patrols", "minutes of Austin's buses against the published ones: difference", "patrols",
         ("published", "austin", "difference"), most=0.01),
    Mark("patrols", "a million positions read and put on cells: CPU s", "patrols", ("speed", "read_and_dose"), most=2),
    Mark("response", "given systems: largest difference", "response", ("given systems, largest difference", "*"),
         most=1e-6),
    Mark("response", "approximation at low load: mean error of the mean", "response", ("approximation", "0.3", "mean"),
         most=0.02),
    Mark("staffing", "hours with the given number of units, of 168", "staffing", ("units", "hours_equal"), least=168,
         shown=".0f"),
    Mark("staffing", "rosters: worst above the bound, per cent", "staffing", ("rosters", "worst_percent"), most=1.5),
    Mark("alerts", "flexible Farrington, 5,000 areas, 7 years: CPU s a week", "alerts",
         ("speed", "Farrington, 5,000 areas x 7 years"), most=2),
    Mark("alerts", "100,000 cells, 104 weeks: CPU s", "alerts", ("speed", "NegBinEwma, 100,000 cells x 104 weeks"),
         most=2),
    Mark("alerts", "an hourly run of the watch at 200,000 records: CPU s", "alerts",
         ("watch", "cpu_seconds_a_run_by_quarter", "*"), most=2),
    Mark("equity", "Fresno's exposure ratios: largest difference", "equity", ("fresno", "worst_error"), most=0.001),
    Mark("equity", "places that fall silent: area under the curve", "equity", ("county", "auc_ten_silent_places"),
         least=0.75),
    Mark("maps", "103,000 cells: CPU s to write the page", "maps", ("100000", "page", "cpu_seconds"), most=1),
    Mark("start", "covering at the size of a county: first call over that of the code before", "speed",
         ("sites", "cold"), most=0.1),
    Mark("sources", "a million rows of CSV over pandas with the same cleaning", "speed", ("reading", "now", "ratio"),
         most=1.5),
    Mark("sources", "five million rows of CSV: MB at most", "speed", ("reading", "peak_mb_of_5_million", "now"),
         most=1500, shown=",.0f"),
    Mark("roads", "`from_lines`, 300,000 lines: CPU s", "speed", ("roads", "now", "from_lines_cpu_s"), most=6),
    Mark("roads", "travel times with a reach over scipy with its limit: worst of 16 tables", "speed",
         ("roads", "now", "travel_over_scipy", "*"), most=1.5),
    Mark("start", "the county: first plan, CPU s", "speed", ("start", "cold", "cpu_seconds"), most=28),
    Mark("start", "the county: next plan, CPU s", "speed", ("start", "warm", "cpu_seconds"), most=11),
    Mark("start", "import over that of geopandas", "plan", ("import", "ratio"), most=1.3),
)  # fmt: skip


def day_of(file):
    """Return the day on which results were last written, by the history of the repository."""
    command = ["git", "log", "-1", "--format=%cs", "--", f"benchmarks/results/{file}.json"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603


def page(days):
    """Return the page; `days` are the days of the last runs by file."""
    met = sum(mark.met for mark in MARKS)
    return HEAD.format(met=met, all=len(MARKS)) + "".join(mark.row(days[mark.file]) for mark in MARKS)


if __name__ == "__main__":
    PAGE.write_text(page({mark.file: day_of(mark.file) for mark in MARKS}), "utf-8")
