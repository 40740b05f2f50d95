"""What people hold: the hours of the sheets, and the steps of the map; each against the tables beside it."""

import json
import re

import numpy as np
import pandas as pd

from page_data import numbers, values

CLOSE = 2e-6  # numbers of the summary have six digits


def hold(f, found):
    """Hold hours by area and steps of the map against the tables of the run."""
    for rule in (_hours, _hours_of_the_workbook, _steps, _steps_of_the_page):
        for problem in rule(f):
            found.wrong.append((rule.__name__.strip("_"), "", problem))
        found.statements += 1


def hours(f):
    """Return expected incidents by area and hour, as the summary tells them; {} where it tells none."""
    return {row["area"]: row["by_hour"] for row in f.told("areas", "by_area") if row.get("by_hour")}


def audit_sheets(f, pages):
    """Hold the hours that printed pages tell, and their sums, against the summary; return how many were held."""
    held, told = 0, hours(f)
    for page in (re.sub(r"\s", "", page) for page in pages):
        wanted = re.sub(r"\s", "", f.words["sheet_by_hour_text"]).replace("{n}", "(.+?)").replace("{whole}", "(.+?)")
        said = re.search(re.sub(r"\(\.\+\?\)", r"([\\d.,e-]+)", wanted), page)
        if not said:
            continue
        title = re.sub(r"\s", "", f.words["sheet_index_area"]).replace("{n}", r"(\d+)").replace("{name}", "")
        area = int(re.search(title, page)[1])
        known = [(told[area][int(h)] * _minutes(h, m, *end) / 60, float(n)) for h, m, *end, n in HOUR.findall(page)]
        sums = [sum(right for right, _ in known), sum(told[area])]
        for right, n in [*known, *zip(sums, map(float, said.groups()), strict=True)]:
            assert abs(right - n) <= 5e-3 * right + 1e-9, (area, right, n, page)
        held += 1
    return held


HOUR = re.compile(r"(\d\d):(\d\d)–(\d\d):(\d\d)[▏▎▍▌▋▊▉█]*([\d.]+?)(?=\d\d:\d\d–|[^\d.]|$)")


def _minutes(hour, minute, to_hour, to_minute):
    return (60 * int(to_hour) + int(to_minute) - 60 * int(hour) - int(minute)) % 1440


def _hours(f):
    told = hours(f)
    if f.public:
        return ["a public version tells hours"] if told else []
    expected = f.cells.groupby("area")["risk_plan"].sum()
    areas = f.areas.set_index("area")["risk_plan"]
    return [
        f"area {area}: {sum(told[area])}, cells {expected[area]}, areas {areas[area]}" for area in told
        if len(told[area]) != 24 or min(told[area]) < 0
        or max(abs(sum(told[area]) - expected[area]), abs(sum(told[area]) - areas[area])) > 24 * CLOSE
    ]  # fmt: skip


def _hours_of_the_workbook(f):
    told, name = hours(f), f.words["table_area_hours"]
    book = pd.ExcelFile(f.path / "plan.xlsx", engine="openpyxl")
    if not told:
        return [f"the workbook has {name}"] if name in book.sheet_names else []
    rows = pd.read_excel(book, sheet_name=name).iloc[:, [0, 2, 3]].set_axis(["area", "hour", "n"], axis=1)
    wide = rows.assign(hour=rows["hour"].str[:2].astype(int)).pivot(index="area", columns="hour", values="n")
    known = pd.DataFrame(told).T.reindex(wide.index)
    return [] if np.allclose(wide, known, atol=CLOSE) and len(wide) == len(told) else ["other hours in the workbook"]


def steps(f):
    """Return the table of steps, None where there is none."""
    path = f.path / "cell_steps.parquet"
    return pd.read_parquet(path) if path.exists() else None


def _steps(f):
    table = steps(f)
    if f.public or table is None:
        return ["a public version tells steps"] if table is not None else []
    whole = f.cells.set_index("cell")["incidents"]
    sums = table.groupby("cell")["incidents"].sum()
    days = table[["first", "last"]].drop_duplicates().sort_values("first")
    gone = days["first"].to_numpy("M8[D]")[1:] - days["last"].to_numpy("M8[D]")[:-1]
    problems = [] if (sums <= whole[sums.index] + 24 * CLOSE).all() else ["more in the steps than in the whole past"]
    problems += [] if len(days) <= 24 and (gone >= np.timedelta64(1, "D")).all() else ["days that overlap"]
    return problems + ([] if days["last"].max() < f.told("risk", "period") else ["a step that is not over"])


def _steps_of_the_page(f):
    data = json.loads(re.search(r'id="data">(.*?)</script>', (f.path / "plan.html").read_text("utf-8"), re.DOTALL)[1])
    layer = next((layer for layer in data["layers"] if layer["key"] == "steps"), None)
    if f.public or layer is None:
        return ["a public page has steps"] if layer is not None else []
    table, cells, told, problems = steps(f), _in_order(f, data), iter(values(layer["counts"], 10**6)), []
    for step in layer["steps"]:
        own = table[table["first"] == step["first"]].set_index("cell")["incidents"]
        shown = {cell: float(next(told)) for cell in _cells_of(step, cells)}
        right = own.reindex(list(shown))
        if not np.allclose(right, list(shown.values()), rtol=5e-3) or abs(sum(shown.values()) - step["sum"]) > 0.06:
            problems.append(f"{step['first']}: {step['sum']}, the table {right.sum()}")
    return problems


def _in_order(f, data):
    ids = data["cells"]["ids"]
    short = int(ids["base"]) + numbers(ids["rest"], "<u8" if ids["wide"] else "<u4").astype(object)
    return [f"{(s << ids['unused']) | ((1 << ids['unused']) - 1):x}" for s in short]


def _cells_of(step, cells):
    at = -1
    for gap in numbers(step["cells"], "u1"):
        at += int(gap)
        if gap < 255:
            at += 1
            yield cells[at]
