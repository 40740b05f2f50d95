"""Ten places that fall silent: which of their records never became one, in a file of its own."""

import numpy as np
import pandas as pd

STREAM = 28  # its own stream of random numbers beside those of the county
N_PLACES, FEWEST, LOST = 10, 15, 0.7  # places, least records of such a place, share of its records that is lost


def make_quiet(incidents: pd.DataFrame, villages: pd.DataFrame, seed: int) -> dict[str, str]:
    """Return ``quiet_places.csv``: `id` of each record that is lost and the administrative `village` it is lost in.

    Ten of the administrative villages with at least 15 records of citizens lose each of them with a chance of 70 %.
    Leave these rows out of ``incidents.csv``, and the county has ten places that tell the police little.
    """
    rng = np.random.default_rng([seed, STREAM])
    told = incidents[incidents["origin"] == "reported"].drop_duplicates("id")
    village = told["village"].map(villages.set_index("name")["village"]).rename("place")
    often = village.value_counts()
    able = np.sort(often.index[often >= FEWEST].to_numpy(object))
    quiet = rng.choice(able, min(N_PLACES, len(able)), replace=False)
    lost = village.isin(quiet).to_numpy() & (rng.random(len(told)) < LOST)
    table = pd.DataFrame({"id": told["id"][lost], "village": village[lost]})
    return {"quiet_places.csv": table.to_csv(index=False, lineterminator="\n")}
