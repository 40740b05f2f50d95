"""What a detector of rises is: one method, counts in, a judgement of each period out."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import pandas as pd


@runtime_checkable
class Detector(Protocol):
    """Anything that says of each period whether its count is more than the periods before would predict.

    `patrolgeo.testing.check_detector` holds one against what every detector must keep.

    Examples
    --------
    >>> from patrolgeo import Detector, Ears
    >>> isinstance(Ears(), Detector)
    True
    """

    def monitor(self, counts: Any, exposure: Any = None, *, test: Any = None) -> pd.DataFrame:
        """Return a table by period with `expected`, `upper`, `p_value` and `alarm`; `test` names the periods to judge.

        Of a panel the same as outer level over its columns. `exposure` is what counts go with over time. A period is
        judged by those before it alone.
        """
