"""Who bears it: the dose of patrols a head by group, held against the need, with intervals over areas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import align, as_floats, check_choice, check_count, check_seed, check_share
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError

FEW_RESIDENTS, FEW_AREAS = 30, 5  # a group below either is listed with its reason, and without numbers


@dataclass(frozen=True, eq=False, repr=False)
class ExposureAudit(Shown):
    """Dose a head by group; `exposure_audit` makes it.

    Parameters
    ----------
    by_group
        A row a group and a last row "all": `residents`, `areas` (with anybody of the group), `exposure` (dose on the
        area of the mean resident of the group), `per_head` (dose for each resident there), and the ratios of both to
        the reference group with their intervals (`exposure_ratio`, `exposure_low`, `exposure_high`, `per_head_ratio`,
        ...). `reason` says why a group has no numbers: "empty", "few residents", "few areas"; else "".
    by_need
        A row a kind of need and group: `need_ratio` (need a head against that of the reference), `over_need` (the
        ratio of `per_head` divided by it: 1 is dose in proportion to need), `low`, `high`; None where no need is given.
    reference
        The group that the others are compared with.
    level
        Probability of the intervals.
    """

    by_group: pd.DataFrame
    by_need: pd.DataFrame | None
    reference: str
    level: float

    def _head(self) -> str:
        told = self.by_group[self.by_group["reason"] == ""]
        return f"{len(told) - 1} of {len(self.by_group) - 1} groups, a head against {self.reference}"

    def _rows(self) -> Rows:
        rows = []
        for group, row in self.by_group.iterrows():
            said = f"{row['per_head_ratio']:.2f} ({row['per_head_low']:.2f} to {row['per_head_high']:.2f})"
            rows.append((str(group), row["reason"] or said))
        return rows


def exposure_audit(
    dose: pd.Series,
    groups: pd.DataFrame,
    residents: pd.Series,
    *,
    need: Mapping[str, Any] | None = None,
    reference: str | None = None,
    n_boot: int = 2000,
    level: float = 0.95,
    random_state: int | None = 0,
) -> ExposureAudit:
    """How much patrol does the mean resident of each group live under, and is it more than the need there?

    Groups are shares of areas (by age, tenure, income band, origin): they are for this audit alone, say nothing of any
    person, and are never a covariate of risk. With p the residents of a group in an area and d the dose there::

        exposure = sum(p * d) / sum(p)        per_head = sum(p * d / residents) / sum(p)

    Intervals are quantiles of a bootstrap over areas. Areas without residents bear no dose a head; their dose is told
    by ``attrs["dose_without_residents"]`` of `by_group`.

    Parameters
    ----------
    dose
        Patrol minutes, flagged periods or forecasts by area.
    groups
        Share of the residents who belong to each group, 0 to 1, areas x groups. Groups may overlap.
    residents
        People by area.
    need
        What patrols answer to, by name, each a Series by area: recorded incidents, calls, a survey's victims.
    reference
        Group that the others are compared with; the first by default.
    n_boot
        Draws of the bootstrap.
    level
        Probability of the intervals.
    random_state
        Seed of the draws.

    Returns
    -------
    ExposureAudit: `by_group`, and `by_need` where a need is given.

    Raises
    ------
    AlignmentError
        When areas differ.
    DataError
        When a share lies outside 0 to 1, a dose is negative or missing, or nobody belongs to the reference group.

    References
    ----------
    Lum and Isaac (2016), To predict and serve?, doi:10.1111/j.1740-9713.2016.00960.x.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import exposure_audit
    >>> areas = list("abcdefgh")
    >>> groups = pd.DataFrame({"old": [0.1, 0.1, 0.2, 0.3, 0.5, 0.6, 0.7, 0.9]}, index=areas)
    >>> groups["young"] = 1 - groups["old"]
    >>> dose = pd.Series([10.0, 20, 30, 40, 50, 60, 70, 80], index=areas)
    >>> found = exposure_audit(dose, groups, pd.Series(1000, index=areas), reference="young")
    >>> found.by_group["exposure"].round(1).to_dict()
    {'old': 59.7, 'young': 34.1, 'all': 45.0}
    """
    check_share(level, "level", "0.95 means 95 %")
    n_boot, seed = check_count(n_boot, "n_boot"), check_seed(random_state)
    areas, people, share, given = _read(dose, groups, residents)
    names = [*map(str, groups.columns), "all"]
    reference = names[0] if reference is None else reference
    check_choice(reference, names, "reference")
    heads = np.column_stack([share * people[:, None], people])
    reasons = [_reason(heads[:, k]) for k in range(len(names))]
    at = names.index(reference)
    if reasons[at]:
        raise DataError(f"The reference group {reference!r} cannot be compared with: {reasons[at]}.")
    doses = np.column_stack([given, _per(given, people)])  # on the area, and a head
    draws = _draws(len(people), n_boot, seed)
    values = _means(heads, doses)
    boot = np.array([_means(heads[d], doses[d]) for d in draws])
    told = np.array([reason == "" for reason in reasons])
    table = _by_group(names, heads, values, boot, at, level, told)
    table["reason"] = reasons
    table.attrs["dose_without_residents"] = float(given[people <= 0].sum())
    by_need = None if not need else _by_need(need, areas, heads, people, doses, draws, names, at, level, told)
    return ExposureAudit(table, by_need, reference, level)


def _read(dose: pd.Series, groups: pd.DataFrame, residents: pd.Series) -> tuple[pd.Index, Floats, Floats, Floats]:
    """Return areas, residents, shares and doses, checked, in the order of the labels: draws do not hang on the rows."""
    if not isinstance(groups, pd.DataFrame) or groups.shape[1] == 0:
        raise DataError("groups must be a DataFrame of areas x groups, each a share of the residents.")
    if "all" in map(str, groups.columns) or groups.columns.duplicated().any():
        raise DataError("groups must have names of their own, none twice and none 'all': that is everybody.")
    dose = align(dose, dose.index if isinstance(dose, pd.Series) else pd.Index([]), "dose", "areas")
    areas = dose.index[np.argsort(dose.index.astype(str), kind="stable")]
    tables = {"dose": dose, "groups": groups, "residents": residents}
    given, share, people = (as_floats(align(t, areas, name, "areas"), name) for name, t in tables.items())
    for name, values in (("dose", given), ("residents", people)):
        if not (np.isfinite(values).all() and (values >= 0).all()):
            raise DataError(f"{name} holds negative or missing numbers; put 0 where there is nothing.")
    share = np.where(people[:, None] > 0, share, np.nan_to_num(share))  # nobody's share is 0
    if not ((share >= 0) & (share <= 1 + 1e-9)).all():
        raise DataError("groups must be shares of 0 to 1 (divide counts by the residents), none missing.")
    return areas, people, share, given


def _reason(heads: Floats) -> str:
    if not heads.sum() > 0:
        return "empty"
    if heads.sum() < FEW_RESIDENTS:
        return "few residents"
    return "few areas" if (heads > 0).sum() < FEW_AREAS else ""


def _per(values: Floats, people: Floats) -> Floats:
    return np.divide(values, people, out=np.zeros(len(values)), where=people > 0)


def _means(heads: Floats, values: Floats) -> Floats:
    """Return the mean of values (areas x m) over the residents of each group, shape (groups, m)."""
    total = heads.sum(axis=0)[:, None]
    return np.divide(heads.T @ values, total, out=np.full((heads.shape[1], values.shape[1]), np.nan), where=total > 0)


def _draws(n: int, n_boot: int, seed: int) -> Any:
    return np.random.default_rng(seed).integers(0, n, (n_boot, n))


def _quantiles(boot: Floats, level: float) -> tuple[Floats, Floats]:
    """Return the interval by column; draws in which a group has nobody, or the reference no dose, are passed over."""
    finite = np.isfinite(boot)
    safe = np.where(finite.any(axis=0), np.where(finite, boot, np.nan), 0.0)
    low, high = np.nanquantile(safe, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return np.where(finite.any(axis=0), low, np.nan), np.where(finite.any(axis=0), high, np.nan)


def _over(values: Floats, at: int) -> Floats:
    """Return values (..., groups) over those of the reference group."""
    base = values[..., at : at + 1]
    return np.divide(values, base, out=np.full(values.shape, np.nan), where=base > 0)


def _by_group(
    names: list[str], heads: Floats, values: Floats, boot: Floats, at: int, level: float, told: Any
) -> pd.DataFrame:
    table = pd.DataFrame(
        {"residents": heads.sum(axis=0), "areas": (heads > 0).sum(axis=0)}, pd.Index(names, name="group")
    )
    for k, name in enumerate(("exposure", "per_head")):
        ratio = _over(values[:, k], at)
        low, high = _quantiles(_over(boot[:, :, k], at), level)
        for column, numbers in (
            (name, values[:, k]),
            (f"{name}_ratio", ratio),
            (f"{name}_low", low),
            (f"{name}_high", high),
        ):
            table[column] = np.where(told, numbers, np.nan)
    return table


def _by_need(
    need: Mapping[str, Any], areas: pd.Index, heads: Floats, people: Floats, doses: Floats, draws: Any,
    names: list[str], at: int, level: float, told: Any,
) -> pd.DataFrame:  # fmt: skip
    """Hold the dose a head against each need a head, both against the reference group."""
    parts = []
    for kind, series in need.items():
        wanted = as_floats(align(series, areas, f"need[{kind!r}]", "areas"), f"need[{kind!r}]")
        if not (np.isfinite(wanted).all() and (wanted >= 0).all()):
            raise DataError(f"need[{kind!r}] holds negative or missing numbers; put 0 where there is none.")
        both = np.column_stack([doses[:, 1], _per(wanted, people)])
        ratio = _over(_means(heads, both).T, at)
        boot = np.array([_over(_means(heads[d], both[d]).T, at) for d in draws])
        low, high = _quantiles(_quotient(boot[:, 0], boot[:, 1]), level)
        rows = {"need_ratio": ratio[1], "over_need": _quotient(ratio[0], ratio[1]), "low": low, "high": high}
        shown = {name: np.where(told, numbers, np.nan) for name, numbers in rows.items()}
        parts.append(pd.DataFrame({"need": str(kind), "group": names, **shown}))
    return pd.concat(parts, ignore_index=True).set_index(["need", "group"])


def _quotient(one: Floats, other: Floats) -> Floats:
    return np.divide(one, other, out=np.full(np.shape(one), np.nan), where=np.asarray(other) > 0)
