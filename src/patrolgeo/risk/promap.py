"""ProMap: what happened near and lately, weighted by both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from patrolgeo import crs
from patrolgeo._checks import check_positive
from patrolgeo.kernels import close_pairs
from patrolgeo.risk.history import History
from patrolgeo.risk.level import at_level
from patrolgeo.risk.protocol import Constant


@dataclass(eq=False)
class ProMap(Constant):
    """Prospective hot-spotting: inverse distance times inverse weeks, nothing beyond `bandwidth` and `weeks`.

    The classic of near-repeat policing, kept as a yardstick: with its fixed reach it forgets most of the past, and it
    is the weaker the rarer the incidents are.

    Parameters
    ----------
    bandwidth
        Metres beyond which an incident does not reach.
    weeks
        Weeks after which it is forgotten.

    References
    ----------
    Bowers, Johnson and Pease 2004, doi:10.1093/bjc/azh036.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import ProMap
    >>> weeks = pd.date_range("2024-01-01", periods=10, freq="7D")
    >>> panel = pd.DataFrame({"892a100d2c3ffff": [9] + [0] * 9, "892a100d2cbffff": [0] * 9 + [1]}, index=weeks)
    >>> said = ProMap().fit(panel).predict().iloc[0]
    >>> bool(said["892a100d2cbffff"] > said["892a100d2c3ffff"])
    True
    """

    bandwidth: float = 400.0
    weeks: float = 8.0

    def _check_settings(self) -> None:
        super()._check_settings()
        check_positive(self.bandwidth, "bandwidth")
        crs.warn_of_degrees(self.bandwidth, "bandwidth", stacklevel=4)
        check_positive(self.weeks, "weeks")

    def _fit(self, history: History) -> None:
        age = np.arange(len(history.counts))[::-1] * history.days / 7
        recent = np.where(age < self.weeks, 1 / (1 + np.floor(age)), 0.0) @ history.counts
        near = close_pairs(history.grid.xy, self.bandwidth)
        near.data = 1 / (1 + near.data / (self.bandwidth / 2))
        self.rate_ = at_level(recent + near @ recent, history)

    def _took(self) -> str:
        return f"incidents of the last {self.weeks:g} weeks within {self.bandwidth:g} m"
