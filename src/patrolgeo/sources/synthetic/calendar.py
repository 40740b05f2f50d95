"""The year of the county: lunar days, market days, Spring Festival, harvest, and the hours of each kind of incident."""

from itertools import product

import numpy as np
import pandas as pd

from patrolgeo._typing import Floats, Ints

START, END = pd.Timestamp("2023-01-02"), pd.Timestamp("2024-12-29")  # 104 whole weeks from Monday to Sunday
DAYS = pd.date_range(START, END, freq="D")
WEEKS = DAYS[::7]
SPRING_FESTIVALS = (pd.Timestamp("2023-01-22"), pd.Timestamp("2024-02-10"))
PATTERNS = ("1-4-7", "2-5-8", "3-6-9")
# first days of the lunar months (Chinese calendar, time zone of Beijing)
_MONTHS = pd.DatetimeIndex(
    [
        "2022-12-23",
        "2023-01-22",
        "2023-02-20",
        "2023-03-22",
        "2023-04-20",
        "2023-05-19",
        "2023-06-18",
        "2023-07-18",
        "2023-08-16",
        "2023-09-15",
        "2023-10-15",
        "2023-11-13",
        "2023-12-13",
        "2024-01-11",
        "2024-02-10",
        "2024-03-10",
        "2024-04-09",
        "2024-05-08",
        "2024-06-06",
        "2024-07-06",
        "2024-08-04",
        "2024-09-03",
        "2024-10-03",
        "2024-11-01",
        "2024-12-01",
        "2024-12-31",
    ]
)
_HARVESTS = (("07-12", "08-02"), ("10-18", "11-24"))  # two crops of rice, the second with the sugar cane


def lunar_day(days: pd.DatetimeIndex) -> Ints:
    """Return the day of the lunar month, 1 to 30."""
    month = np.searchsorted(_MONTHS, days, side="right") - 1
    return np.asarray((days - _MONTHS[month]).days, dtype=int) + 1


def market_patterns(seats: Floats) -> Ints:
    """Give each seat (metres, (n, 2)) one of the three patterns so that near seats differ as much as can be."""
    gap = np.hypot(*(seats[:, None] - seats[None]).transpose(2, 0, 1))
    nearness = np.triu(1.0 / np.maximum(gap, 1.0) ** 3, 1)
    choices = np.array(list(product(range(3), repeat=len(seats) - 1)))
    choices = np.column_stack([np.zeros(len(choices), dtype=int), choices])
    same = choices[:, :, None] == choices[:, None, :]
    return choices[np.argmin((same * nearness).sum(axis=(1, 2)))]


def is_market_day(pattern: int, days: pd.DatetimeIndex) -> Ints:
    """Return 1 where the lunar day ends in a figure of the pattern (1-4-7: days 1, 4, 7, 11, 14, ...), else 0."""
    return np.isin(lunar_day(days) % 10, [pattern + 1, pattern + 4, pattern + 7]).astype(int)


def is_harvest(days: pd.DatetimeIndex) -> Ints:
    """Return 1 in the two harvest seasons, else 0."""
    text = days.strftime("%m-%d")
    return np.any([(text >= first) & (text <= last) for first, last in _HARVESTS], axis=0).astype(int)


def season_table() -> pd.DataFrame:
    """Return name, first and last day of Spring Festival (the eve to the seventh day) and of the harvests."""
    festivals = [
        ("Spring Festival", day - pd.Timedelta(days=1), day + pd.Timedelta(days=6)) for day in SPRING_FESTIVALS
    ]
    harvests = [
        ("harvest", pd.Timestamp(f"{year}-{first}"), pd.Timestamp(f"{year}-{last}"))
        for year in (START.year, END.year)
        for first, last in _HARVESTS
    ]
    table = pd.DataFrame(sorted(festivals + harvests, key=lambda row: row[1]), columns=["name", "start", "end"])
    return table.assign(start=table["start"].dt.strftime("%Y-%m-%d"), end=table["end"].dt.strftime("%Y-%m-%d"))


def days_to_festival(days: pd.DatetimeIndex) -> Ints:
    """Return days until the nearest Spring Festival, negative after it."""
    gaps = np.array([(festival - days).days for festival in SPRING_FESTIVALS])
    return gaps[np.argmin(np.abs(gaps), axis=0), np.arange(len(days))]
