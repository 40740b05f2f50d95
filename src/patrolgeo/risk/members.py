"""Other models as members of the stack: their forecasts are further surfaces, weighed like the others."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from patrolgeo.risk.bank import Bank, Surfaces, banks
from patrolgeo.risk.hawkes import Hawkes
from patrolgeo.risk.history import History
from patrolgeo.risk.protocol import BaseRisk
from patrolgeo.risk.terrain import RiskTerrain

MEMBERS: dict[str, type[BaseRisk]] = {"hawkes": Hawkes, "terrain": RiskTerrain}


def surfaces_with(members: tuple[str, ...]) -> Surfaces:
    """Return what gives the surfaces known before a row: the bank, and a forecast of each member fitted until then."""
    return partial(_all_joined, members) if members else banks


def _all_joined(members: tuple[str, ...], history: History, rows: Sequence[int]) -> list[Bank]:
    return [_joined(members, known, history.until(t)) for t, known in zip(rows, banks(history, rows), strict=True)]


def _joined(members: tuple[str, ...], known: Bank, past: History) -> Bank:
    rates = [MEMBERS[name]()._learned_from(past)._expected(1) for name in members]
    return Bank((*known.names, *members), np.concatenate([known.rates, *rates]).astype(np.float32))
