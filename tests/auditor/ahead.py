"""What a brief says of the coming week: the stops, strength and roster of the finished plan behind it."""

import openpyxl
import pandas as pd

from auditor.control import needs
from auditor.sentences import says

WEEK = pd.Timedelta(days=7)


def drawn(f):
    """Return the stops of the plan, and those of the week after that of the brief."""
    tasks = pd.read_csv(f.plan.path / "tasks.csv", encoding="utf-8-sig", parse_dates=["start"])
    tasks = tasks[tasks["kind"] == "stop"]
    first = f.monday + WEEK
    return tasks, tasks[(tasks["start"] >= first) & (tasks["start"] < first + WEEK)]


@says("brief_ahead_stops")
def _(f, said, state):
    week = drawn(f)[1]
    by_day = week.groupby(week["start"].dt.date)["unit"].nunique()
    return {"week": f"{f.monday + WEEK:%Y-%m-%d}", "stops": len(week), "minutes": round(week["minutes"].sum()),
            "units": by_day.max()}  # fmt: skip


@says("brief_ahead_none")
def _(f, said, state):
    every, week = drawn(f)
    assert week.empty
    return {"week": f"{f.monday + WEEK:%Y-%m-%d}", "first": f"{every['start'].min():%Y-%m-%d}",
            "last": f"{every['start'].max():%Y-%m-%d}"}  # fmt: skip


@says("brief_ahead_nothing")
def _(f, said, state):
    told = f.told("brief", "ahead")
    return None if told["stops"] or told["roster"] or told["strength"] else {}


@says("brief_roster")
def _(f, said, state):
    """The hours on duty are those of the roster's sheets."""
    book = openpyxl.load_workbook(f.plan.path / "roster.xlsx", read_only=True)
    spans = [row[1].split("-") for day in book.sheetnames[1:]
             for row in list(book[day].iter_rows(values_only=True))[1:] if row[1]]  # fmt: skip
    hours = sum((clock(end) - clock(begin)) % 24 or 24 for begin, end in spans)
    told = f.plan.told("staffing")
    forces = told["roster_forces"].values()
    return {"first": book.sheetnames[1], "last": book.sheetnames[-1], "hours": hours,
            "employed": told["employed_there"], "people": sum(row["people"] for row in forces),
            "required": sum(row["required_hours"] for row in forces)}  # fmt: skip


def clock(text):
    hour, minute = map(int, text.split(":"))
    return hour + minute / 60


def asked(f):
    return f.plan.told("strength", "shifts")


@says("brief_decide_short")
def _(f, said, state):
    row = asked(f)[said["shift"]]
    wanted, there = row["officers_wanted"], row["officers_on_duty"]
    return {"shift": said["shift"], "wanted": wanted, "there": there} if wanted > there else None


def strength(f, heads, words):
    """Officers asked for and on duty, by shift."""
    if not needs(heads, words, "brief_wanted", "brief_there"):
        return None
    return [
        {words["brief_shift"]: name, words["brief_wanted"]: row["officers_wanted"],
         words["brief_there"]: row["officers_on_duty"]}
        for name, row in asked(f).items()
    ]  # fmt: skip


TABLES = (strength,)
