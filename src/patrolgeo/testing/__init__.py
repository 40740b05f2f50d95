"""Checks that everything of a kind must pass, ours and yours: call them in your own tests."""

from patrolgeo.testing.area_plans import check_area_plan

__all__ = ["check_area_plan"]
