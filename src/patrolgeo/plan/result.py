"""The former place of `patrolgeo.plan.outcome`."""

from patrolgeo.plan.outcome import Outcome

__all__ = ["Outcome"]
