"""What every planning answer carries: value, proven bound, gap, status, run time."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Outcome:
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
    """

    objective: float
    bound: float | None
    status: str
    runtime: float
    maximize: bool = False

    @property
    def gap(self) -> float | None:
        """Return the distance to the bound as a share of the bound; None without a bound."""
        if self.bound is None:
            return None
        if self.bound == self.objective:
            return 0.0
        short = self.bound - self.objective if self.maximize else self.objective - self.bound
        return max(short, 0.0) / abs(self.bound) if self.bound else float("inf")
