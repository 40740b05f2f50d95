"""Checks that everything of a kind must pass, ours and yours: call them in your own tests."""

from patrolgeo.testing.area_plans import check_area_plan
from patrolgeo.testing.detectors import check_detector
from patrolgeo.testing.dispatch_results import check_dispatch
from patrolgeo.testing.risk_models import check_risk_model
from patrolgeo.testing.rosters import check_roster
from patrolgeo.testing.route_plans import check_route_plan
from patrolgeo.testing.site_plans import check_site_plan

__all__ = [
    "check_area_plan",
    "check_detector",
    "check_dispatch",
    "check_risk_model",
    "check_roster",
    "check_route_plan",
    "check_site_plan",
]
