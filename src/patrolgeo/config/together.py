"""What one key of a plan file asks of another."""

from __future__ import annotations

from pathlib import Path

from patrolgeo.config.mandates import check_country, check_mandate
from patrolgeo.config.plan import Plan
from patrolgeo.config.presets import PRESETS
from patrolgeo.errors import DataError


def check_together(plan: Plan, path: Path) -> None:
    """Raise when keys that are right by themselves cannot stand together, or name files that the plan does not."""
    check_country(plan.country, path)
    for role, source in plan.sources.items():
        for part in (source, *source.also):
            part.check(role, path)
    wishes = (
        plan.areas,
        plan.sites,
        plan.checkpoints,
        plan.posts,
        plan.tiers,
        plan.weak,
        plan.routes,
        plan.cameras,
        plan.staffing,
        *plan.events,
        plan.consultation,
        plan.output,
    )
    for wish in wishes:
        if wish is not None:
            wish.check(path)
    _check_mandates(plan, path)
    for key, wanted, files in _needs(plan):
        missing = [name for name in files if getattr(plan, name) is None]
        if wanted and missing:
            raise DataError(f"{path}: {key} needs [{'] and ['.join(missing)}], which the plan does not name.")


def _check_mandates(plan: Plan, path: Path) -> None:
    """Raise when checkpoints or rings lack a ground that holds in the country, or two rings have one name."""
    if (stop := plan.checkpoints) is not None:
        check_mandate(stop.purpose, stop.basis, stop.valid_until, plan.country, f"{path}: checkpoints")
    names = [ring.name for ring in plan.cordon]
    for ring in plan.cordon:
        check_mandate(None, ring.basis, ring.valid_until, plan.country, f"{path}: cordon {ring.name!r}")
        if names.count(ring.name) > 1:
            raise DataError(f"{path}: cordon.name = {ring.name!r} stands twice; give each ring a name of its own.")


def _needs(plan: Plan) -> list[tuple[str, bool, tuple[str, ...]]]:
    """Return which keys, when they are set, need which files."""
    by_index = plan.calls is None  # with calls the workload is in minutes, and no weights are used
    weighs = plan.areas.workload if by_index else {}
    traffic, sites = plan.checkpoints, plan.sites
    demand = "risk" if sites is None else sites.demand
    usual = PRESETS.get(plan.preset or "", {}).get("areas", {}).get("nest_in", "")
    return [
        (f"areas.nest_in = {plan.areas.nest_in!r}", plan.areas.nest_in not in ("", usual), ("units",)),
        (f'areas.keep = "{plan.areas.keep}"', plan.areas.keep is not None, ("current",)),
        ("areas.together", plan.areas.together, ("units",)),
        ('areas.anchors = "stations"', plan.areas.anchors is not None, ("forces",)),
        ("areas.shift_change", plan.areas.shift_change is not None, ("shifts",)),
        ('audience = "public"', plan.audience == "public", ("population",)),
        ("areas.workload.population", "population" in weighs, ("population",)),
        ("areas.workload.visits", "visits" in weighs, ("population",)),
        ("areas.workload.roads", "roads" in weighs, ("roads",)),
        ("sites.kinds", sites is not None and sites.kinds is not None, ("places",)),
        ('sites.demand = "calls"', demand == "calls", ("calls",)),
        (f"sites.demand = {demand!r}", demand not in ("risk", "calls"), ("population",)),
        ("[checkpoints]", traffic is not None, ("roads", "population")),
        ("[gates]", plan.gates is not None, ("checkpoints",)),
        ("[[cordon]]", bool(plan.cordon), ("roads", "population")),
        ("cordon.gate_to", any(ring.gate_to for ring in plan.cordon), ("places",)),
        ("[posts]", plan.posts is not None, ("places", "shifts")),
        ("[tiers]", plan.tiers is not None, ("forces", "shifts")),
        ("routes.kinds", plan.routes is not None and plan.routes.kinds is not None, ("places",)),
        ("[weak]", plan.weak is not None, ("forces",)),
        ("weak.roads", plan.weak is not None and plan.weak.roads, ("roads",)),
        ("[staffing]", plan.staffing is not None, ("calls",)),
        ("[[events]]", bool(plan.events), ("places",)),
        ("events.units_share", any(e.units_share for e in plan.events), ("staffing",)),
        ("events.calls", any(e.calls for e in plan.events), ("staffing",)),
        ("[response]", plan.response is not None, ("forces",)),
        ("[cameras]", plan.cameras is not None, ("roads",)),
        ("cameras.kinds", plan.cameras is not None and plan.cameras.kinds is not None, ("places",)),
        ("checkpoints.key_kinds", traffic is not None and traffic.key_kinds is not None, ("places",)),
    ]
