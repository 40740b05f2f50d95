"""What planners may choose between: other numbers of areas side by side, and what more change would bring."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from patrolgeo.config.areas import AreaWish
from patrolgeo.plan.areas.area_plan import AreaPlan
from patrolgeo.plan.areas.curve import areas_curve
from patrolgeo.plan.areas.design import design_areas
from patrolgeo.plan.areas.goals import AreaGoals
from patrolgeo.plan.areas.rules import AreaRules

STEPS = (0.25, 0.5, 1.0, 2.0)  # shares of the change allowed that the curve looks at
OF_RULES = ("tolerance", "stay_minutes")


def chosen_rules(wish: AreaWish, rules: dict[str, Any]) -> AreaRules:
    """Return the rules of the areas, with what the choice and the allowed change say of them."""
    asked = {name: value for name, value in rules.items() if name != "current"}
    asked |= {name: wish.choice[name] for name in OF_RULES if name in wish.choice}
    return AreaRules(**asked, max_change=wish.max_change, compact=wish.compact)


def chosen_goals(wish: AreaWish) -> AreaGoals | None:
    """Return the goals of the choice with their weights; None where only travel is asked for."""
    said = {name: value for name, value in wish.choice.items() if name not in OF_RULES}
    weights = {name: value for name, value in said.items() if name != "within_minutes" and value}
    return AreaGoals(**said) if set(weights) - {"travel"} else None


def other_numbers(wish: AreaWish, work: pd.DataFrame, rules: AreaRules, asked: dict[str, Any]) -> pd.DataFrame:
    """Return plans with other numbers of areas beside this one's, a row each; nothing where none are asked for."""
    if not wish.n_beside:
        return pd.DataFrame()
    within = wish.choice.get("within_minutes", 10.0)
    return areas_curve(work, n={wish.n, *wish.n_beside}, rules=rules, within_minutes=within, **asked).reset_index()


def more_change(wish: AreaWish, plan: AreaPlan, rules: AreaRules, asked: dict[str, Any]) -> pd.DataFrame:
    """Return balance and travel for less and more change than the plan allows; nothing where any change is allowed."""
    if wish.max_change is None or plan.current is None:
        return pd.DataFrame()
    rows = []
    for share in [min(step * wish.max_change, 1.0) for step in STEPS]:
        within = replace(rules, max_change=share)
        other = design_areas(
            plan.workload, n_areas=plan.n_areas, rules=within, current=plan.current, prove=False, **asked
        )
        rows.append({
            "max_change": share, "changed": (other.units_moved or 0) / len(other.labels),
            "max_over_mean": other.max_over_mean, "mean_minutes": other.mean_travel_minutes,
        })  # fmt: skip
    return pd.DataFrame(rows)
