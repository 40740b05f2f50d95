"""How many live where: residents, registered, in- and out-migrants, households, always as counts of a settlement."""

import numpy as np
import pandas as pd

from patrolgeo._typing import Floats, Ints
from patrolgeo.sources.synthetic.settlements import Settlements, shares

RESIDENTS, REGISTERED = 143_000, 180_000
TOWN_RESIDENTS = 37_400
SEAT_RANGE = (2_600, 5_400)
IN_MIGRANTS = 5_600
FACTORY_BLOCK = (1_450, 0.31)  # residents and their share of in-migrants in the two outlying blocks of the town
_MEDIAN_VILLAGE = 60.0


def make_people(towns: Settlements, rng: np.random.Generator) -> pd.DataFrame:
    """Return residents, registered, in_migrants, out_migrants and households of every settlement.

    In every row residents = registered - out_migrants + in_migrants.
    """
    kind = towns.table["kind"].to_numpy()
    residents = _residents(towns, rng)
    arrived = _in_migrants(kind, residents)
    left = REGISTERED - RESIDENTS + arrived.sum()
    leaving = np.where(kind == "town", 0.25, np.where(kind == "seat", 0.6, 1.0)) * rng.uniform(0.6, 1.4, len(kind))
    away = shares(leaving * residents, int(left))
    size = np.where(kind == "village", 2.7, 2.9) * rng.uniform(0.9, 1.1, len(kind))
    return pd.DataFrame(
        {
            "residents": residents,
            "registered": residents - arrived + away,
            "in_migrants": arrived,
            "out_migrants": away,
            "households": np.maximum(np.round(residents / size).astype(int), 1),
        }
    )


def _residents(towns: Settlements, rng: np.random.Generator) -> Ints:
    kind, township = towns.table["kind"].to_numpy(), towns.table["township"].to_numpy()
    residents = np.zeros(len(kind), dtype=int)
    town = np.flatnonzero(kind == "town")
    residents[town[-2:]] = FACTORY_BLOCK[0]
    residents[town[:-2]] = shares(rng.uniform(0.6, 1.4, len(town) - 2), TOWN_RESIDENTS - 2 * FACTORY_BLOCK[0])
    sizes = np.linspace(*SEAT_RANGE, 8).round().astype(int)
    busy = np.argsort(np.argsort(np.bincount(township, minlength=9)[1:], kind="stable"), kind="stable")
    for seat in range(1, 9):
        blocks = np.flatnonzero((kind == "seat") & (township == seat))
        residents[blocks] = shares(np.array([1.6, *rng.uniform(0.7, 1.2, len(blocks) - 1)]), int(sizes[busy[seat - 1]]))
    villages = np.flatnonzero(kind == "village")
    residents[villages] = _village_sizes(len(villages), RESIDENTS - int(residents.sum()), rng)
    return residents


def _village_sizes(n: int, total: int, rng: np.random.Generator) -> Ints:
    """Draw sizes with the wanted sum whose median is 60: log-normal quantiles, as skewed as the sum asks."""
    normal = np.sort(rng.normal(size=n))
    low, high = 0.1, 2.0
    for _ in range(60):
        spread = (low + high) / 2
        sizes = _sizes(normal, spread)
        low, high = (low, spread) if sizes.sum() > total else (spread, high)
    whole = np.round(sizes).astype(int)
    whole[-1] += total - whole.sum()
    return rng.permutation(whole)


def _sizes(normal: Floats, spread: float) -> Floats:
    return np.clip(_MEDIAN_VILLAGE * np.exp(spread * (normal - np.median(normal))), 8, 520)


def _in_migrants(kind: pd.Series, residents: Ints) -> Ints:
    """Return in-migrants: few in the villages, some in the town, many beside its two factories."""
    part = np.where(kind == "town", 6.0, np.where(kind == "seat", 4.0, 2.0)) * residents
    outlying = np.flatnonzero(kind == "town")[-2:]
    part[outlying] = 0.0
    factory = round(FACTORY_BLOCK[0] * FACTORY_BLOCK[1])
    arrived = shares(part, IN_MIGRANTS - 2 * factory)
    arrived[outlying] = factory
    return arrived
