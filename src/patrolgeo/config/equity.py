"""What the audit of who bears the plan looks at, and what people said when they were asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from patrolgeo.config.numbers import Share, Weight
from patrolgeo.config.said import check_date, check_said
from patrolgeo.toml_tables import key


@dataclass(frozen=True, kw_only=True)
class EquityWish:
    """Groups of residents for the audit of who bears the plan; never a covariate of risk."""

    groups: list[str] = key(
        "Columns of [population] with counts of groups, for this audit alone: no forecast and no plan sees them.",
        example='["in_migrants"]',
    )


@dataclass(frozen=True, kw_only=True)
class ConsultationWish:
    """What people said when the last plan was shown to them: it enters this one."""

    date: str = key("Day of the consultation.", example='"2025-01-20"')
    who: str = key("Who was asked, and how; printed.", example='"meetings in nine townships, 412 people"')
    votes: dict[str, Weight] = key(
        "Places where people ask for more, with their votes: names of [population] or [places], or cells.",
        {}, example='{"岚城1街" = 40}',
    )  # fmt: skip
    weight: Share = key("Share of the demand for [sites] that the votes are.", 0.1)
    refused: list[str] | None = key(
        "Names of [places], or cells, where people want no post, booth or camera: none is put there.",
        None, example='["岚城1街农贸市场"]',
    )  # fmt: skip

    def check(self, path: Path) -> None:
        """Raise when the date is none or nobody is said to have been asked."""
        check_date(self.date, f"{path}: consultation.date")
        check_said(self.who, f"{path}: consultation.who")
