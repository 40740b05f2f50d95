"""Make small changes in computing code, one at a time, and show which of them no test of the room sees.

    python .ci/mutate.py                      # 20 changes in the quick rooms
    python .ci/mutate.py --n 60 --seed 3      # other ones
    python .ci/mutate.py --room hotspots      # of one room

A change is a comparison (< and <=, == and !=), plus and minus, a whole number one larger, or a ~ or `not` left out. It
is made in a copy of the sources; the tests of the room run there with a time limit. A change that survives has no test,
or changes nothing that can be seen: such ones are named with their reason in `EQUIVALENT`. Ends with 1 when more than a
tenth of the changes survive.
"""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
COPIED = ["src", "tests", "data", "docs", "pyproject.toml", "README.md"]

# room -> (its computing files below src/patrolgeo, the tests that must see a change in them)
ROOMS = {
    "kernels": ("kernels.py", "tests/test_kernels.py src/patrolgeo/kernels.py"),
    "panel": ("panel/*.py", "tests/panel src/patrolgeo/panel"),
    "metrics": (
        "evaluation/[cehmr]*.py",
        "tests/evaluation/test_metrics.py tests/evaluation/test_independent.py src/patrolgeo/evaluation",
    ),
    "change": ("hotspots/change.py", "tests/hotspots/test_change.py src/patrolgeo/hotspots/change.py"),
    "privacy": ("privacy/[ms]*.py", "tests/privacy src/patrolgeo/privacy"),
    "numbers": ("sources/numbers.py", "tests/sources/test_numbers.py src/patrolgeo/sources/numbers.py"),
    "angles": ("sources/angles.py", "tests/sources/test_angles.py src/patrolgeo/sources/angles.py"),
    "times": ("sources/times.py", "tests/sources/test_times.py src/patrolgeo/sources/times.py"),
    "workload": ("plan/workload.py", "tests/plan/test_workload.py src/patrolgeo/plan/workload.py"),
    "grid": ("grid/*.py", "tests/grid src/patrolgeo/grid"),
    "hotspots": ("hotspots/*.py", "tests/hotspots src/patrolgeo/hotspots"),
    "alerts": ("alerts/*.py", "tests/alerts src/patrolgeo/alerts"),
    "risk": ("risk/*.py", "tests/risk src/patrolgeo/risk"),
    "roads": ("roads/*.py", "tests/roads src/patrolgeo/roads"),
    "areas": ("plan/areas/*.py", "tests/plan/areas src/patrolgeo/plan/areas"),
    "sites": (
        "plan/sites/*.py",
        "tests/plan/sites tests/plan/test_site_models_brute_force.py src/patrolgeo/plan/sites",
    ),
    "optimise": ("plan/optimise/**/*.py", "tests/plan"),
    "routes": ("plan/routes/*.py", "tests/plan/routes src/patrolgeo/plan/routes"),
    "checkpoints": ("plan/checkpoints/**/*.py", "tests/plan/checkpoints src/patrolgeo/plan/checkpoints"),
    "staffing": ("plan/staffing/*.py", "tests/plan/staffing src/patrolgeo/plan/staffing"),
}
QUICK = ["kernels", "panel", "metrics", "change", "privacy", "numbers", "angles", "times", "workload"]

# (file, source line, change) -> why nobody can see it
EQUIVALENT = {
    (
        "src/patrolgeo/kernels.py",
        "mass = np.asarray(weights.sum(axis=0)).ravel()",
        "0 -> 1",
    ): "the weights are symmetric: sums over rows are sums over columns",
    (
        "src/patrolgeo/panel/features.py",
        "LAGS_DAYS = (28, 91, 365)",
        "91 -> 92",
    ): "both are 13 weeks; how long a memory is, is a setting",
}

COMPARED = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "=="}
SIGNS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}


class Change(NamedTuple):
    """One change: where it is, and what stands there before and after."""

    file: str
    line: int
    start: int  # characters from the beginning of the file
    end: int
    before: str
    after: str

    def key(self, source: str) -> tuple[str, str, str]:
        """Return what names the change in `EQUIVALENT`, wherever its line moves."""
        return self.file, source.splitlines()[self.line - 1].strip(), f"{self.before} -> {self.after}"


def changes(file: str, source: str) -> Iterator[Change]:
    """Yield every change that can be made in a file; messages, docstrings and annotations stay as they are."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def at(line: int, column: int) -> int:
        text = source[starts[line - 1] : starts[line]]
        return starts[line - 1] + len(text.encode()[:column].decode())

    def between(left: ast.expr, right: ast.expr, sign: str, after: str) -> Iterator[Change]:
        first = at(left.end_lineno or 0, left.end_col_offset or 0)
        where = source.find(sign, first, at(right.lineno, right.col_offset))
        if where >= 0:
            yield Change(file, source.count("\n", 0, where) + 1, where, where + len(sign), sign, after)

    for node in _computing(ast.parse(source)):
        if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARED:
            kind = type(node.ops[0])
            yield from between(node.left, node.comparators[0], SIGNS[kind], COMPARED[kind])
        elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
            sign, after = ("+", "-") if isinstance(node.op, ast.Add) else ("-", "+")
            yield from between(node.left, node.right, sign, after)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Invert, ast.Not)):
            start, end = at(node.lineno, node.col_offset), at(node.operand.lineno, node.operand.col_offset)
            yield Change(file, node.lineno, start, end, source[start:end], "")
        elif isinstance(node, ast.Constant) and type(node.value) is int:
            start, end = at(node.lineno, node.col_offset), at(node.lineno, node.end_col_offset or 0)
            yield Change(file, node.lineno, start, end, source[start:end], str(node.value + 1))


def _computing(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of expressions that compute: no annotations, raises, warnings, f-strings."""
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for node in value if isinstance(value, list) else [value]:
            if not isinstance(node, ast.AST) or isinstance(node, (ast.Raise, ast.JoinedStr, ast.AnnAssign, ast.Import)):
                continue
            yield node
            yield from _computing(node)


def run_tests(copy: Path, tests: str, limit: float) -> str:
    """Return "passed", "failed" or "time" for the tests of a room in the copy."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", "not check"]
    command += ["--doctest-modules", *tests.split()]
    try:
        done = subprocess.run(  # noqa: S603
            command, cwd=copy, timeout=limit, capture_output=True, check=False, env={**os.environ, "PYTHONPATH": "src"}
        )
    except subprocess.TimeoutExpired:
        return "time"
    return "passed" if done.returncode == 0 else "failed"


def judge(change: Change, copy: Path, tests: str, limit: float) -> str:
    """Return "killed", "equivalent" or "survived"; the copy is as it was afterwards."""
    path = copy / change.file
    source = path.read_text(encoding="utf-8")
    if change.key(source) in EQUIVALENT:
        return "equivalent"
    path.write_text(source[: change.start] + change.after + source[change.end :], encoding="utf-8")
    try:
        return "survived" if run_tests(copy, tests, limit) == "passed" else "killed"
    finally:
        path.write_text(source, encoding="utf-8")


def chosen(rooms: list[str], n: int, seed: int) -> dict[str, list[Change]]:
    """Return about `n` changes by room, spread evenly over the rooms and then over their files' places."""
    draw = random.Random(seed)
    found: dict[str, list[Change]] = {}
    for number, room in enumerate(rooms):
        files = sorted((ROOT / "src/patrolgeo").glob(ROOMS[room][0]))
        every = [
            change
            for path in files
            for change in changes(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        ]
        share = n // len(rooms) + (number < n % len(rooms))
        found[room] = draw.sample(every, min(share, len(every)))
    return found


def main() -> int:
    """Make the changes, print each with what became of it, and return 1 when more than a tenth survived."""
    read = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    read.add_argument("--n", type=int, default=20)
    read.add_argument("--seed", type=int, default=0)
    read.add_argument("--room", choices=ROOMS, action="append")
    said = read.parse_args()
    count = {"killed": 0, "equivalent": 0, "survived": 0}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            place, target = ROOT / name, copy / name
            shutil.copytree(place, target) if place.is_dir() else shutil.copy(place, target)
        for room, made in chosen(said.room or QUICK, said.n, said.seed).items():
            tests, begin = ROOMS[room][1], time.monotonic()
            if made and run_tests(copy, tests, 900) != "passed":
                raise SystemExit(f"{room}: the tests fail without any change.")
            limit = 20 + 3 * (time.monotonic() - begin)
            for change in made:
                end = judge(change, copy, tests, limit)
                count[end] += 1
                print(f"{end:<10} {change.file}:{change.line}  {change.before!r} -> {change.after!r}", flush=True)
    print(count)
    return int(count["survived"] > 0.1 * sum(count.values()))


if __name__ == "__main__":
    sys.exit(main())
