"""Words of a row that need one meaning: who started the record, which categories have a patrol place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._typing import Bools
from patrolgeo.sources.heaps import standing_on_few_points
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.positions import Points
from patrolgeo.sources.times import text_of

ORIGINS = ("reported", "officer", "alarm", "unknown")
PRECISIONS = ("exact", "street", "village", "township", "station")
_ORIGIN_PATTERNS = {
    "alarm": r"alarm|报警器|技防|一键报警|^a$",
    "officer": r"officer|self.?init|on.?view|pro.?active|patrol|stop|主动|盘查|巡逻|民警发现|^o$",
    "reported": r"report|citizen|public|phone|caller|911|999|110|101|walk|online|web|群众|电话|报警|报案|举报|^r$",
}
_NOT_PLACE_BOUND = (
    r"(?:tele(?:com|phone)|online|internet|cyber|wire|remote|phone|e-?commerce)[\w /-]*(?:fraud|scam|crime)|cyber|"
    r"fraud.*(?:online|internet|telephone)|电信|网络|电诈|网诈"
)
_FRAUD = r"fraud|scam|诈骗"


def origins(values: pd.Series, ledger: Ledger, words: Mapping[str, str] | None = None) -> pd.Series:
    """Return "reported", "officer", "alarm" or "unknown" for each row; `words` (value -> origin) goes first."""
    text = text_of(values)
    kinds = {value: (words or {}).get(value) or _origin(value) for value in text.dropna().unique()}
    known = text.astype(object).map(kinds).astype(object).fillna("unknown").astype("str")
    strange = [v for v, k in kinds.items() if k == "unknown" and v.lower() != "unknown"]
    if strange:
        rows = text.isin(strange).to_numpy()
        ledger.noted("unknown_origin", rows, f"Not known: {', '.join(map(repr, strange[:8]))}.")
    return known


def _origin(value: str) -> str:
    word = pd.Series([value]).str
    found = (kind for kind, p in _ORIGIN_PATTERNS.items() if word.contains(p, case=False, regex=True).iloc[0])
    return next(found, "unknown")


def identity(raw: Any, ledger: Ledger) -> tuple[pd.Series, Bools]:
    """Return the id of each row as text (where there is none, its number), and which were made that way."""
    if "id" not in raw.columns:
        return pd.Series(raw.index.astype("str"), index=raw.index), np.ones(len(raw), bool)
    ids = text_of(raw["id"])
    missing = ids.isna()
    if missing.any():
        ledger.noted("missing_id", missing.to_numpy() & ledger.alive)
        ids = ids.where(~missing, "row " + pd.Series(raw.index.astype("str"), index=raw.index))
    return ids, missing.to_numpy()


def categories(raw: Any, ledger: Ledger, words: Mapping[str, str] | None = None) -> tuple[pd.Series, pd.Series | None]:
    """Return category ("unknown" where missing) and, when there is a column of it, origin."""
    category = text_of(raw["category"]) if "category" in raw.columns else pd.Series(pd.NA, index=raw.index, dtype="str")
    if category.isna().any():
        ledger.noted("missing_category", category.isna().to_numpy() & ledger.alive)
    origin = origins(raw["origin"], ledger, words) if "origin" in raw.columns else None
    return category.fillna("unknown"), origin


def without_patrol_place(kind: pd.Series, points: Points) -> Bools:
    """Return the rows of categories (`kind`, a categorical) that happen on no street: telecom and online fraud.

    A category that only says "fraud" counts when its rows stand on a few points, as fraud reported at stations does.
    """
    kinds = pd.Series(kind.cat.categories, dtype="str")
    remote = kinds.str.contains(_NOT_PLACE_BOUND, case=False, regex=True).to_numpy(bool)
    fraud = kinds.str.contains(_FRAUD, case=False, regex=True).to_numpy(bool) & ~remote
    if fraud.any():
        remote = remote | fraud & kinds.isin(standing_on_few_points(kind, points)).to_numpy()
    return remote[kind.cat.codes.to_numpy()]
