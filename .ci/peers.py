"""Write the table of peers in `README.md` from `benchmarks/results`: run `python .ci/peers.py` after a benchmark.

Versions are those of `benchmarks/requirements.lock`, with which the benchmarks ran.
"""

import json
import math
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
START, END = "<!-- peers: python .ci/peers.py -->\n", "<!-- /peers -->"
HEAD = "| question | patrolgeo beside its peer | peer | command |\n| --- | --- | --- | --- |\n"


def results(name):
    """Return what a benchmark left."""
    return json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text("utf-8"))


def version(package):
    """Return the name of a peer with its version."""
    lock = (ROOT / "benchmarks" / "requirements.lock").read_text("utf-8")
    return f"{package} {re.search(rf'^{package}==([^ ;]+)', lock, re.MULTILINE)[1]}"


def inertia(peer):
    """Return the mean ratio of our inertia to that of a peer, on the six counties that no setting was chosen on."""
    pairs = [row["patrolgeo"]["inertia"] / row[peer]["inertia"] for row in results("areas")["new_counties"].values()]
    return math.exp(sum(map(math.log, pairs)) / len(pairs))


def seconds(name):
    """Return the mean CPU seconds of one of them on these counties."""
    times = [row[name]["cpu"] for row in results("areas")["new_counties"].values()]
    return sum(times) / len(times)


def rows():
    """Return the rows of the table: question, finding, peer, command."""
    scan, hot = results("hotspots_scan")["speed"], results("hotspots")["speed"]
    site, cells, maps = results("sites")["peers"]["times_faster"], results("cells"), results("maps")["20000"]
    gain = results("risk")["gates"]["A1 best - kernel, unseen"]
    pages = maps["explore"]["cpu_seconds"] / maps["page_five_layers"]["cpu_seconds"]
    return [
        ("patrol areas: work times squared distance",
         f"{inertia('metis'):.2f} and {inertia('kahip'):.2f} of theirs, none in pieces; "
         f"{seconds('patrolgeo'):.0f} s where they take {seconds('metis'):.1f} and {seconds('kahip'):.1f}",
         f"METIS ({version('pymetis')}), {version('kahip')}", "areas.py"),
        ("sites that cover most: proved optimum", f"{site:.0f} times as fast, same value",
         f"{version('spopt')} with CBC", "sites.py"),
        ("forecast: log score over a tuned kernel density, places that no setting was chosen on",
         f"+{gain['value']:.3f} nats an incident ({gain['low']:.3f} to {gain['high']:.3f})", "kernel density, tuned",
         "risk.py"),
        ("Gi*", f"{scan['getis_ord']['ratio']:.0f} times as fast, same numbers", version("esda"), "hotspots_scan.py"),
        ("Knox, 999 permutations", f"{hot['knox']['ratio']:.0f} times as fast, same counts", version("pointpats"),
         "hotspots.py"),
        ("Ripley's K", f"{scan['ripley_k']['ratio']:.1f} times as fast", version("pointpats"), "hotspots_scan.py"),
        ("points to hexagons, 30,000 cells", f"{cells['counting']['30,000 cells']['times_faster']:.0f} times as fast, "
         f"{cells['exact']['mismatches']} of {cells['exact']['points']:,} differ", version("h3"), "cells.py"),
        ("a page of 20,000 cells that opens offline", f"{pages:.0f} times as fast, "
         f"{maps['page_five_layers']['mb']:.1f} MB with five layers for {maps['explore']['mb']:.1f} MB with one",
         version("geopandas") + " `explore`", "maps.py"),
        ("travel times on roads", f"{results('sites')['travel']['over_scipy']:.2f} of its time: no faster",
         version("scipy") + " `dijkstra`", "sites.py"),
    ]  # fmt: skip


def table():
    """Return the table between its marks."""
    lines = "".join(f"| {what} | {found} | {peer} | `{command}` |\n" for what, found, peer, command in rows())
    return f"{START}{HEAD}{lines}{END}"


def page():
    """Return the README with the table of today's results."""
    text = README.read_text("utf-8")
    return text[: text.index(START)] + table() + text[text.index(END) + len(END) :]


if __name__ == "__main__":
    README.write_text(page(), "utf-8")
