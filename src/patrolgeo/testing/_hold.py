"""What the checks share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def hold(holds: Any, sentence: str) -> None:
    """Raise an AssertionError with this sentence when it does not hold."""
    if not bool(holds):
        raise AssertionError(f"{sentence[0].upper()}{sentence[1:]}.")


def same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Return whether two tables have the same labels and, but for rounding, the same numbers."""
    return bool(one.index.equals(other.index)) and np.allclose(
        one.to_numpy(float), other.to_numpy(float), rtol=1e-9, atol=1e-12, equal_nan=True
    )
