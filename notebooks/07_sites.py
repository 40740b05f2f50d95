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
# # 07 · Posts: which places, how many, and what stays uncovered
#
# Which existing places of a county become posts, what one post more would give, where nobody is in time, which road
# and which unit cannot be missed, and what a second post near every border village costs. The sample county is
# **synthetic**.
#
# Coverage is a promise about travel times, not about safety: a covered village is one that a unit can reach in time.

# %%
import os
from pathlib import Path

import geopandas as gpd
import pandas as pd

import patrolgeo as pg

county = pg.sample_folder()
roads = pg.read_roads(county / "roads.geojson")
graph = pg.RoadGraph.from_lines(roads, speed="speed_kmh", oneway="oneway")
graph.summary()

# %% [markdown]
# Read the summary first: one large part means that the layer joins up; many parts mean gaps at crossings or a layer
# that was cut at the county line.
#
# ## Travel times from places to villages
# The leg from the road to the place counts at both ends.

# %%
table = pd.read_csv(county / "villages.csv").drop_duplicates("name").set_index("name")
villages = gpd.GeoDataFrame(
    table[["population"]].astype(float), geometry=gpd.points_from_xy(table.lon, table.lat), crs="EPSG:4326"
)
places = pg.read_places(county / "places.csv").reset_index(drop=True)
minutes = pg.travel_time(graph, places, villages, max_minutes=60)
minutes.shape

# %% [markdown]
# ## Eight posts, and how good they are proved to be
# `bound` is what no choice of eight places can exceed.

# %%
plan = pg.max_coverage(minutes, 8, max_cost=15, demand=villages.population)
plan.summary()

# %%
plan.to_gdf(places.geometry).join(places["kind"]).round(1)

# %% [markdown]
# ## The curve of gain

# %%
curve = pg.marginal_curve(minutes, range(2, 15, 2), 15, villages.population, effort=0.3)
curve.round(3)

# %% [markdown]
# ## Who is left out, by tier
# A blind spot is demand that nobody reaches in time.

# %%
blind = pg.blind_spots(minutes.loc[plan.sites], {"urgent": 5, "normal": 15, "late": 30})
(villages.population @ blind).rename("people nobody reaches").to_frame()

# %% [markdown]
# ## What cannot be missed
# Each post and each road is taken away in turn, exactly.

# %%
pg.weak_units(minutes.loc[plan.sites], villages.population, 15, share=0.02).round(3)

# %%
at_node = villages.population.groupby(graph.locate(villages)).sum()
weak = pg.weak_roads(graph, graph.locate(places.loc[plan.sites]), at_node, max_minutes=15, share=0.02)
weak.join(roads[["road_class", "name"]]).head().round(3)

# %% [markdown]
# ## What does a second post near every border village cost?
# Border villages lie within 2 km of the county line. `set_cover` says how few posts reach each of them once, and twice.

# %%
line = pg.read_area(county / "area.geojson").to_crs(graph.nodes.estimate_utm_crs()).boundary.union_all()
at_border = villages.to_crs(graph.nodes.estimate_utm_crs()).distance(line) < 2000
reachable = (minutes <= 30).sum() >= 2
border = minutes.columns[(at_border & reachable).to_numpy()]
once, twice = (pg.set_cover(minutes[border], 30, times=k) for k in (1, 2))
pd.DataFrame([once.summary(), twice.summary()], index=["once", "twice"])[["objective", "bound", "status"]]

# %% [markdown]
# The difference of the two objectives is the price, in posts, of having a neighbour who can come when the first is out.
# Border villages that fewer than two places reach within half an hour are left out here; they need a new place first:

# %%
villages[at_border & ~reachable].population.agg(["count", "sum"])

# %% [markdown]
# ## Manhattan, at eight in the morning
# One-way roads with travel times by hour; runs where the real data are present.

# %%
data = Path(os.environ.get("PATROLGEO_DATA", county.parents[3] / "shared" / "data")) / "nyc"
if data.is_dir():
    nodes = pd.read_csv(data / "manhattan_road_nodes.csv.gz").set_index("node")
    edges = pd.read_parquet(data / "manhattan_road_edges.parquet").set_index("edge")
    blocks = pd.read_csv(data.parent / "benchmarks" / "mclp_newyork.csv.gz").drop_duplicates(["lon", "lat"])
    points = gpd.GeoSeries.from_xy(blocks.lon, blocks.lat, index=blocks.node, crs="EPSG:4326")
    people = pd.Series(blocks.demand.to_numpy(float), blocks.node)
    shares = {}
    for hour in ("week_04", "week_08", "week_17"):
        manhattan = pg.from_edges(nodes, edges, hour, unit="seconds")
        times = pg.travel_time(manhattan, points.iloc[::10], points, max_minutes=10)
        posts = pg.max_coverage(times, 12, max_cost=5, demand=people, effort=0.3)
        shares[hour] = {"people": posts.objective, "share": posts.covered_share, "gap": posts.gap}
    print(pd.DataFrame(shares).T.round(3))
else:
    print("The real data are absent (set PATROLGEO_DATA): this part is left out.")
