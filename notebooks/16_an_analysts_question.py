# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 16 · The analyst's question: robberies in one precinct
#
# The chief asks: *"Robberies in the 75th: where, when, is it new, and what can be done about it?"* This notebook is the
# whole answer, and is kept as the record of how it came about. Public records of New York, 2014 and 2015; where the
# files are absent (`PATROLGEO_DATA`), thefts in the county town of the **synthetic** sample county take their place.
#
# What was recorded is not what happened, and a hot spot is no ground for stopping, searching or suspecting anyone in
# it (高风险单元不构成对任何人盘查的依据).

# %%
import os
import tempfile
import warnings
from pathlib import Path

import geopandas as gpd
import matplotlib.pyplot as plt
import pandas as pd

import patrolgeo as pg

folder = Path(os.environ.get("PATROLGEO_DATA", "../../shared/data")) / "nyc"
if folder.is_dir():
    title, kind, resolution = "75th precinct: robbery", "robbery", 10
    causes = ["liquor outlet", "school"]
    area = gpd.read_parquet(folder / "precincts.parquet").query("precinct == 75")
    source = {"source": folder / "incidents_2014_2015.parquet", "tz": "America/New_York"}
    people, places = (folder / name for name in ("tracts_population.parquet", "places.csv.gz"))
else:
    title, kind, resolution = "County town: theft (synthetic)", "theft", 8
    causes = ["market", "night market", "karaoke", "bus station"]
    county = pg.sample_folder()
    area = pg.read_area(county / "townships.geojson").iloc[:1]
    source = {"source": county / "incidents.csv", "places": county / "villages.csv"}
    people, places = county / "villages.csv", county / "places.csv"

# %% [markdown]
# ## 1 · Read: what became of every row?

# %%
with warnings.catch_warnings():
    warnings.simplefilter("ignore", pg.PatrolgeoWarning)  # rows elsewhere: the ledger counts them
    every, ledger = pg.read_incidents(**source, area=area, return_ledger=True)
    around = pg.read_places(places)
incidents = every[every["category"] == kind]
grid = pg.HexGrid.from_area(area, resolution=resolution)
residents = pg.interpolate(pg.read_population(people), grid, "population")["population"]
panel = pg.count_incidents(incidents, grid, "W")
print(f"{title}: {len(incidents):,} of {len(every):,} records, {len(grid)} cells, {residents.sum():,.0f} people")
ledger.to_frame().query("rows > 0")[["action", "finding", "rows", "share"]]

# %% [markdown]
# ## 2 · When?

# %%
fig, axes = plt.subplots(2, 1, figsize=(10, 6.5), layout="constrained")
pg.plot_hour_week(incidents, ax=axes[0])
weeks = pg.weekly_band(incidents)
pg.plot_weeks(weeks, ax=axes[1])

# %% [markdown]
# ## 3 · Where is more than people explain?
#
# Each neighbourhood is held against its share of the residents, and the p-values are corrected for all cells.

# %%
found = pg.GetisOrd().fit(panel, exposure=residents)
expected = panel.sum().sum() * residents / residents.sum()
spots = pg.join_hot_spots(found.labels_ == "hot", panel.sum(), expected, grid, most=6)
of_spot = grid.locate(incidents).map(spots.of_cell).fillna(0).astype(int)
described = spots.table.join(pg.describe_spots(incidents, of_spot, spots.table["expected"] / panel.sum().sum()))
described.drop(columns="geometry").round(2)

# %% [markdown]
# ## 4 · More than people and places explain?
#
# Which kinds of places raise the risk, each held against ground of the same blocks without them? `by_both` is what
# residents times these factors make one expect; what is left over is the spot's own.

# %%
terrain = pg.RiskTerrain().fit(panel, exposure=residents, covariates={k: around[around["kind"] == k] for k in causes})
by_places = terrain.predict().iloc[0].reindex(grid.cells)
by_places *= panel.sum().sum() / by_places.sum()
described["by_both"] = by_places.groupby(spots.of_cell.reindex(grid.cells)).sum()
described["over_both"] = (described["incidents"] / described["by_both"]).where(described["by_both"] >= 1)
print(
    terrain.relative_risk_.round(2).to_string(index=False) if len(terrain.relative_risk_) else "no kind of place does"
)
described[["incidents", "expected", "ratio", "by_both", "over_both"]].round(1)

# %% [markdown]
# ## 5 · Is it new?
#
# Each spot, the last year against the one before, corrected for the number of spots; and the last 28 days of all cells.

# %%
year = incidents["time"].dt.year
by_year = pd.crosstab(of_spot[of_spot > 0], year).iloc[:, -2:]
of_years = pg.compare_counts(by_year.iloc[:, 0], by_year.iloc[:, 1])
print("cells that changed in the last 28 days:", int((pg.compare_periods(panel, "28D")["p_adjusted"] <= 0.05).sum()))
of_years.round(3)

# %% [markdown]
# ## 6 · Do they follow each other?

# %%
near = pg.knox(incidents, incidents["time"], [0, 1, 100, 200, 400], [0, 2, 7, 14], random_state=0)
pg.plot_knox(near)
near.summary()

# %% [markdown]
# ## 7 · The problem sheet of the first spot

# %%
days = (incidents["time"].max() - incidents["time"].min()).days
story = terrain.story(grid.cells)
story["spot"] = story["cell"].map(spots.of_cell)
factors = story.dropna(subset="spot").drop_duplicates(["spot", "kind"])
sheets = pg.problem_sheets(described, around, found_on=incidents["time"].max(), days=days, factors=factors)
print(sheets[0])

# %% [markdown]
# ## 8 · A table for the chief, and a map that opens offline

# %%
out = Path(tempfile.mkdtemp())
columns = ["incidents", "expected", "by_both", "peak_workdays", "peak_weekend", "years_above"]
table = described[columns].join(of_years[["p_adjusted"]].rename(columns={"p_adjusted": "p_of_change"})).round(2)
table.to_excel(out / "spots.xlsx")
hot = found.statistic_.where(found.labels_ == "hot").rename("z")
pg.save_html(pg.map_cells(grid.to_gdf(hot).dropna(), "z"), out / "spots.html")
table

# %% [markdown]
# ## What the chief is told
#
# Read it off the tables above, in four sentences: where and at which hours (3), what its places explain and what they
# leave (4), whether it is new (5), and who besides the police can change it (7). Keep this notebook beside the answer.
