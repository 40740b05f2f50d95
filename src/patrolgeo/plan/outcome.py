"""What every planning answer carries: value, proven bound, gap, status, run time; checked once, here."""

from __future__ import annotations

import math
from dataclasses import dataclass

from patrolgeo._show import Rows, Shown
from patrolgeo.solver import OPTIMAL

RELATIVE, ABSOLUTE = 1e-6, 1e-12  # how far sums in another order, or the tolerances of a solver, may put numbers apart


@dataclass(frozen=True, kw_only=True, repr=False)
class Outcome(Shown):
    """The part that all plans share.

    Parameters
    ----------
    objective
        Value of the plan.
    bound
        Proven bound of the best value any plan can have; None when none was proved.
    status
        "optimal", "time_limit" or "heuristic".
    runtime
        Seconds of CPU time; never written into files that must repeat.
    maximize
        Whether more is better.

    Raises
    ------
    AssertionError
        When the value is better than its bound, or "optimal" is said of a value that is apart from its bound: the
        proof is wrong then, and no such answer is given.

    Examples
    --------
    >>> from patrolgeo.plan.outcome import Outcome
    >>> Outcome(objective=50.0, bound=49.0, status="heuristic", runtime=0.0).gap
    0.02
    >>> Outcome(objective=50.0, bound=51.0, status="heuristic", runtime=0.0)
    Traceback (most recent call last):
    ...
    AssertionError: The value 50.0 is better than its proven bound 51.0. This proof is wrong; please report it.
    """

    objective: float
    bound: float | None
    status: str
    runtime: float
    maximize: bool = False

    def __post_init__(self) -> None:
        """Hold the bound against the value; numbers as near as rounding puts them are made equal."""
        if self.bound is None or self.bound == self.objective:
            return
        if same_value(self.objective, self.bound):
            object.__setattr__(self, "bound", self.objective)
        elif not (self.bound > self.objective if self.maximize else self.bound < self.objective):
            raise AssertionError(
                f"The value {self.objective} is better than its proven bound {self.bound}. This proof is wrong; please "
                "report it."
            )
        elif self.status == OPTIMAL:
            raise AssertionError(
                f"The value {self.objective} is called optimal, but its proven bound is {self.bound}. This is wrong; "
                "please report it."
            )

    def _head(self) -> str:
        return f"value {self.objective:,.6g}, {self.status}"

    def _rows(self) -> Rows:
        return self.proof()

    def proof(self) -> Rows:
        """Return the value and its bound as two rows of a plan that is printed."""
        bound = "none proved" if self.gap is None else f"{self.bound:,.6g} ({self.gap:.2%} away)"
        return [("value", f"{self.objective:,.6g} ({self.status})"), ("bound", bound)]

    @property
    def gap(self) -> float | None:
        """Return the distance from the value to the bound as a share of the value; None without a bound."""
        if self.bound is None:
            return None
        if self.bound == self.objective:
            return 0.0
        return abs(self.objective - self.bound) / abs(self.objective) if self.objective else math.inf


def same_value(one: float, other: float) -> bool:
    """Return whether two values differ by no more than rounding does: the one tolerance of all proofs.

    Examples
    --------
    >>> from patrolgeo.plan.outcome import same_value
    >>> same_value(0.1 + 0.2, 0.3), same_value(100.0, 100.01)
    (True, False)
    """
    return math.isclose(one, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
