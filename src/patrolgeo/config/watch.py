"""What a watch is to look at, how far back, and how long it keeps what it read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from patrolgeo.config.numbers import Count, Share
from patrolgeo.toml_tables import Range, key


@dataclass(frozen=True, kw_only=True)
class WatchWish:
    """Warnings of `patrolgeo watch`."""

    inbox: str | None = key(
        "Folder or pattern of files that are read beside those of [incidents], in its words; each run finds new ones.",
        None, example='"inbox/*.csv"',
    )  # fmt: skip
    plan: str | None = key(
        "Folder of a finished plan: warnings then name the area, the post and who is on duty there.", None,
        example='"../out/county"',
    )  # fmt: skip
    fdr: Share = key("Wanted share of false ones among the warnings.", 0.05)
    weeks: Count = key("Weeks that are judged again by each run, since records come late.", 8)
    history: Annotated[int, Range(least=16, most=2000)] = key("Weeks of history that they are judged by.", 156)
    keep_months: Count | None = key("Months after which rows are deleted from the store.", None, example="84")
    resolution: Annotated[int, Range(least=3, most=11)] | None = key(
        "H3 resolution of the cells that are warned of; by default one coarser than [analysis].", None, example="7"
    )
