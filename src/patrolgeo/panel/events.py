"""How many incidents stand behind a sum: whole numbers are counts, weights are declared, nothing is guessed."""

from typing import Any

import numpy as np

from patrolgeo._checks import check_positive
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError

MOST = 2.0**53  # beyond it a float no longer holds each whole number


def effective_size(weights: Any) -> float:
    """Return what one effective incident adds to a sum of weights: their mean square over their mean.

    A sum divided by it varies like a count of incidents, whatever the unit of the weights. Weights that are all alike
    give their common value.

    Examples
    --------
    >>> from patrolgeo.panel.events import effective_size
    >>> effective_size([3, 3, 3]), effective_size([1, 1, 10])
    (3.0, 8.5)
    """
    if np.ndim(weights) == 0:
        check_positive(weights, "incident")
        return float(weights)
    try:
        mass = np.asarray(weights, float)
    except (TypeError, ValueError):
        raise DataError("incident must be a number, or the weights of the incidents.") from None
    if not (np.isfinite(mass) & (mass >= 0)).all() or not mass.any():
        raise DataError("incident: weights must be finite, 0 or more, and above 0 for at least one incident.")
    largest = mass.max()
    return float(largest * ((mass / largest) ** 2).sum() / (mass / largest).sum())


def incident_size(table: Any, incident: Any = None, name: str = "panel") -> float:
    """Return what one incident adds to the sums of `table`: as declared, 1 for whole numbers, else an error.

    Parameters
    ----------
    table
        Counts or sums of weights, any shape; checked numbers of 0 or more.
    incident
        The size of an incident, or the weights of the incidents, shape (n_incidents,). None takes what
        `count_incidents(weight=...)` wrote on the panel, and otherwise says that the numbers are counts.
    name
        What `table` is called in a message.

    Raises
    ------
    DataError
        When nothing is declared and a number is not whole.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo.panel.events import incident_size
    >>> incident_size(pd.Series([100.0, 200.0])), incident_size(pd.Series([2.5, 5.0]), incident=2.5)
    (1.0, 2.5)
    """
    declared = declared_size(table, incident)
    if declared is not None:
        return declared
    values = np.asarray(table, float)
    broken = values[~whole(values)]
    if broken.size:
        raise DataError(
            f"{name} holds {broken.size} numbers that are not whole (first: {broken[0]:.6g}), so it does not count "
            "incidents. If these are sums of weights, give incident=, the weights of the incidents (for example "
            "incident=incidents['weight']); give incident=1 where the weights share single incidents out."
        )
    return 1.0


def declared_size(table: Any, incident: Any = None) -> float | None:
    """Return what one incident adds as it was declared, by argument or by `count_incidents`; None when it was not."""
    if incident is None:
        incident = getattr(table, "attrs", {}).get("incident")
    return None if incident is None else effective_size(incident)


def whole(values: Floats) -> Any:
    """Return which numbers are whole, but for the rounding of sums."""
    return np.abs(values - np.rint(values)) <= 1e-9 * np.maximum(1.0, np.abs(values))


def check_total(values: Floats, name: str) -> None:
    """Raise when numbers are too large to be added up exactly."""
    total = values.sum() if values.size else 0.0
    if not total < MOST:
        raise DataError(
            f"{name} sums to {total:.3g}, above {MOST:.3g}, where sums are no longer exact; use a larger unit."
        )
