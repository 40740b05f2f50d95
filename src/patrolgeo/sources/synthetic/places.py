"""What stands where: schools, clinics, markets, banks and the other places that people and patrols come to."""

import numpy as np
import pandas as pd

from patrolgeo._typing import Ints
from patrolgeo.sources.synthetic.settlements import Settlements

# kind -> (Chinese word, how many in the town, in each seat, in the villages)
KINDS = {
    "primary school": ("小学", 5, 1, 52),
    "middle school": ("中学", 4, 1, 0),
    "hospital": ("医院", 2, 1, 0),
    "clinic": ("卫生室", 5, 1, 84),
    "market": ("农贸市场", 2, 1, 0),
    "bank": ("银行", 8, 1, 0),
    "supermarket": ("超市", 14, 2, 0),
    "petrol station": ("加油站", 4, 1, 0),
    "bus station": ("客运站", 1, 1, 0),
    "night market": ("夜市", 3, 0, 0),
    "karaoke": ("歌厅", 6, 1, 0),
    "factory": ("工厂", 2, 0, 0),
    "township government": ("政府", 1, 1, 0),
}


def make_places(towns: Settlements, residents: Ints, rng: np.random.Generator) -> pd.DataFrame:
    """Return name, kind, settlement, township and metres of every place.

    Village schools and clinics stand in the largest village of their administrative village.
    """
    table = towns.table.assign(residents=residents)
    largest = table[table["kind"] == "village"].sort_values("residents", ascending=False)
    largest = largest.groupby("committee", sort=False).head(1).index.to_numpy()
    rows: list[dict[str, object]] = []
    for kind, (word, in_town, in_seat, in_villages) in KINDS.items():
        for township in range(9):
            blocks = np.flatnonzero((table["kind"] != "village") & (table["township"] == township))
            number = in_town if township == 0 else in_seat
            homes = blocks[-2:] if kind == "factory" and number else _blocks_for(kind, blocks, number, rng)
            rows += [_place(kind, word, int(k), table, n) for n, k in enumerate(homes)]
        rows += [_place(kind, word, int(k), table, 0) for k in largest[:in_villages]]
    places = pd.DataFrame(rows)
    near = np.where(table["kind"].iloc[places["settlement"]] == "village", 40.0, 90.0)[:, None]
    places[["x", "y"]] = towns.xy[places["settlement"]] + near * rng.normal(size=(len(places), 2))
    return places


def _blocks_for(kind: str, blocks: Ints, number: int, rng: np.random.Generator) -> Ints:
    """Markets, bus station and government stand in the middle, the rest anywhere in the town or seat."""
    if kind in {"market", "bus station", "township government"}:
        return blocks[:number]
    inner = blocks[:-2] if len(blocks) > 6 else blocks
    return rng.choice(inner, number, replace=number > len(inner))


def _place(kind: str, word: str, settlement: int, table: pd.DataFrame, number: int) -> dict[str, object]:
    home = table.loc[settlement]
    where = home["name"][:-1] if home["kind"] == "village" else home["name"]
    mark = f"第{number + 1}" if number else ""
    return {"name": f"{where}{mark}{word}", "kind": kind, "settlement": settlement, "township": int(home["township"])}
