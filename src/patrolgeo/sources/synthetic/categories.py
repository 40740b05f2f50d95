"""What each category of incident is like: how many, where, when, and who starts the record."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Category:
    """A kind of incident; the factors say how much more of it there is on such days or in such places.

    Attributes
    ----------
    rows
        Records wanted in two years.
    at
        Weight of each kind of point (home, field, road, market, shop, night).
    hours
        Weights of the day in blocks of three hours, from midnight.
    repeats
        Near repeats that one incident brings.
    peak_month, before_festival, festival, weekend, market, harvest, town
        The season's peak (15 % above the mean); factors of the three weeks before Spring Festival, of its week, of
        Friday to Sunday, of market days at markets and shops, of the harvest, of the county town.
    origin
        Who starts the record: "reported" or "officer".
    place_bound
        False for fraud by telephone and internet: there is no place to patrol.
    """

    rows: int
    at: dict[str, float] = field(hash=False)
    hours: tuple[int, ...]
    repeats: float = 0.0
    peak_month: int = 7
    before_festival: float = 1.0
    festival: float = 1.0
    weekend: float = 1.0
    market: float = 1.0
    harvest: float = 1.0
    town: float = 1.0
    origin: str = "reported"
    place_bound: bool = True


CATEGORIES = {
    "burglary": Category(
        rows=430,
        at={"home": 1.0, "shop": 3.0},
        hours=(5, 5, 2, 4, 4, 3, 2, 3),
        repeats=0.25,
        peak_month=1,
        before_festival=1.7,
        town=0.7,
    ),
    "theft": Category(
        rows=560,
        at={"home": 0.2, "market": 60.0, "shop": 12.0, "road": 3.0},
        hours=(1, 1, 3, 9, 7, 6, 4, 2),
        repeats=0.10,
        before_festival=1.7,
        market=6.0,
        town=1.6,
    ),
    "ebike_theft": Category(
        rows=380,
        at={"home": 0.35, "market": 15.0, "shop": 6.0, "night": 6.0},
        hours=(5, 4, 2, 4, 4, 4, 5, 6),
        repeats=0.20,
        festival=0.6,
        market=4.0,
        town=2.4,
    ),
    "farm_theft": Category(
        rows=260, at={"field": 1.0}, hours=(7, 6, 2, 1, 1, 1, 2, 6), repeats=0.15, harvest=5.0, town=0.0
    ),
    "assault": Category(
        rows=300,
        at={"home": 0.5, "market": 10.0, "night": 40.0, "road": 1.0},
        hours=(5, 1, 1, 2, 4, 4, 6, 9),
        repeats=0.05,
        peak_month=8,
        festival=1.8,
        weekend=1.5,
        market=3.0,
        town=1.3,
    ),
    "fraud": Category(rows=320, at={"home": 1.0}, hours=(1, 1, 3, 9, 8, 8, 5, 3), town=1.3, place_bound=False),
    "gambling": Category(
        rows=90,
        at={"home": 0.3, "market": 6.0, "night": 8.0},
        hours=(3, 0, 0, 1, 5, 6, 6, 9),
        festival=2.5,
        weekend=1.3,
        town=1.5,
        origin="officer",
    ),
    "drink_driving": Category(
        rows=120,
        at={"road": 5.0, "night": 4.0},
        hours=(5, 0, 0, 0, 2, 1, 6, 10),
        festival=2.0,
        weekend=1.7,
        town=1.5,
        origin="officer",
    ),
}
# what the truth by cell and week is about: reported, and with a place
PLACED = tuple(name for name, kind in CATEGORIES.items() if kind.origin == "reported" and kind.place_bound)
