"""What planners ask of forces: existing places as posts, minutes by tier, links that cannot be missed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from patrolgeo.config.numbers import Count, Minutes, Share
from patrolgeo.errors import DataError
from patrolgeo.toml_tables import key

FORCE = '[{kind = "volunteer", places = ["market"], n = {evening = 12}}]'
KINDS = ("dedicated", "social", "volunteer")


@dataclass(frozen=True, kw_only=True)
class PostForce:
    """One kind of force of [posts]: at which kinds of places it may stand, how often, with how many people."""

    kind: str = key("Kind of force.", choices=KINDS, example='"volunteer"')
    places: list[str] = key("Kinds of [places] at which it may stand.", example='["market", "night market"]')
    n: dict[str, Count] = key("Most posts by shift of [shifts]; no posts in other shifts.", example="{evening = 12}")
    officers: Count = key("People at a post.", 2)
    reach_minutes: Minutes | None = key("Minutes that its posts reach, where it is not that of [posts].", None,
                                        example="5.0")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class PostWish:
    """Existing places as posts: which of them, for which force, in which shift."""

    reach_minutes: Minutes = key("Minutes that a post reaches.", example="10.0")
    forces: list[PostForce] = key("The forces, one table each: [[posts.forces]].", example=FORCE)

    def check(self, path: Path) -> None:
        """Raise when a kind of force stands twice, or has no shift."""
        kinds = [force.kind for force in self.forces]
        for kind in kinds:
            if kinds.count(kind) > 1:
                raise DataError(
                    f"{path}: posts.forces names the kind {kind!r} twice; put its places and shifts together."
                )
        for force in self.forces:
            if not force.n:
                raise DataError(f"{path}: posts.forces.n of {force.kind!r} names no shift, such as {{day = 10}}.")

    def reach(self, kind: str) -> float:
        """Return the minutes that posts of a kind of force reach."""
        own = next(force.reach_minutes for force in self.forces if force.kind == kind)
        return self.reach_minutes if own is None else own


@dataclass(frozen=True, kw_only=True)
class TierWish:
    """Within how many minutes somebody must be there, by tier: where nobody is, in which shift, is a blind spot."""

    minutes: dict[str, Minutes] = key(
        "Minutes by tier, rising; planning values.", example="{urgent = 10.0, soon = 20.0, later = 40.0}"
    )
    shifts: list[str] | None = key(
        "Shifts of [shifts] that are looked at; without it all.", None, example='["day", "night"]'
    )
    kinds: list[str] | None = key(
        "Kinds of [forces] that count; without it all.", None, choices=KINDS, example='["dedicated"]'
    )

    def check(self, path: Path) -> None:
        """Raise when the minutes do not rise from tier to tier."""
        minutes = list(self.minutes.values())
        if not minutes or minutes != sorted(set(minutes)):
            raise DataError(
                f"{path}: tiers.minutes = {self.minutes} must name rising minutes, such as {{urgent = 10, soon = 20}}."
            )


@dataclass(frozen=True, kw_only=True)
class WeakWish:
    """Which roads and units cannot be missed: without one of them too much demand is out of reach."""

    reach_minutes: Minutes = key("Minutes within which a unit must be there.", example="15.0")
    share: Share = key("Least share of the expected incidents that must be lost for a road or unit to be named.", 0.01)
    roads: bool = key("Whether roads are closed, one after another.", True)
    units: bool = key("Whether units are taken away, one after another.", True)

    def check(self, path: Path) -> None:
        """Raise when nothing is asked."""
        if not (self.roads or self.units):
            raise DataError(f"{path}: [weak] asks for neither roads nor units; leave the table out.")
