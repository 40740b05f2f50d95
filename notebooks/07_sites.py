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
# **The question.** Where do posts stand, what does one more buy, and whom does nobody reach?
#
# Which existing places of a county become posts, what one post more would give, where nobody is in time, which road
# and which unit cannot be missed, which force stands where at which hours, and what a second post near every border
# village costs. Then the same for Manhattan. The sample county is **synthetic**.
#
# Coverage is a promise about travel times, not about safety: a covered village is one that a unit can reach in time.

# %%
import os
from pathlib import Path

import geopandas as gpd
import numpy as np
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
# A place enters along the road it lies on; the walk from the road counts at both ends.

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
# `gain` is what the posts since the row above add: where it falls below what a post costs, stop.
#
# ## With money, spacing and a post that may close
# A new post in a market or a bank is cheap, elsewhere it needs a booth. Two posts of today are paid for; one of them
# may be given up. No two posts stand nearer than 2 km. `account` says what the plan costs, and what is closed.

# %%
price = places["kind"].map({"market": 1.0, "bank": 1.0, "township government": 1.0}).fillna(3.0)
today = places.index[places["kind"] == "hospital"][:2]
rules = pg.SiteRules(site_cost=price, budget=8, closable=today[1:], apart=pg.pairs_within(places, 2000))
paid = pg.max_coverage(minutes, None, 15, villages.population, existing=today[:1], rules=rules)
print({key: paid.summary()[key] for key in ("sites", "objective", "gap", "status", "covered_share")})
rules.account(paid.sites, existing=today[:1]).drop(columns="kind").join(places[["name", "kind"]])

# %% [markdown]
# A zone where no post may stand (a flood plain, a restricted site) takes its places out and names them:

# %%
plain = gpd.GeoSeries([places.geometry[plan.sites[0]].buffer(0.01)], index=["flood plain"], crs="EPSG:4326")
allowed, refused = pg.outside_zones(places, plain)
refused.to_frame().join(places["name"]).head(3)

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
# A road that is lost for a week is a date in a table. The plan is the same; what it covers is not.

# %%
flood = pd.DataFrame({"line": weak.index[:1], "start": "2026-06-10", "end": "2026-06-16"})
wet = pg.open_roads(graph, "2026-06-12 08:00", closures=flood)
reach = {name: pg.travel_time(g, places.loc[plan.sites], villages, max_minutes=15) for name, g in
         (("dry", graph), ("flooded", wet))}  # fmt: skip
{name: int(villages.population[(table <= 15).any()].sum()) for name, table in reach.items()}

# %% [markdown]
# ## Which force, at which hours
# Fulcrums are places that exist: a market can hold officers or volunteers, a school only social patrols and only early.
# Calls by shift say where they are wanted; all forces compete at once, on foot within 10 minutes, by car within 15.

# %%
calls = pd.read_csv(county / "calls.csv", parse_dates=["received"], usecols=["received", "lon", "lat"]).dropna()
spots = gpd.GeoDataFrame(calls, geometry=gpd.points_from_xy(calls.lon, calls.lat), crs="EPSG:4326")
metric = graph.nodes.estimate_utm_crs()
near = spots.to_crs(metric).sjoin_nearest(villages.to_crs(metric)[["geometry"]])
shift = pd.cut(near["received"].dt.hour, [-1, 5, 13, 21, 23], labels=["night", "early", "late", "night"], ordered=False)
demand = pd.crosstab(near["name"], shift).reindex(villages.index, fill_value=0) / 104  # calls a week
officers = pg.PostRule("dedicated", ("early", "late", "night"))
social = pg.PostRule("social", ("early", "late"))
fulcrums = {
    "market": (officers, pg.PostRule("volunteer", ("early",))), "bus station": (officers, social), "bank": social,
    "supermarket": social, "primary school": pg.PostRule("social", ("early",)),
    "night market": pg.PostRule("volunteer", ("late", "night")), "township government": officers,
}  # fmt: skip
wanted = {
    "early": {"dedicated": 3, "social": 3, "volunteer": 2}, "late": {"dedicated": 3, "social": 2, "volunteer": 2},
    "night": {"dedicated": 3, "volunteer": 1},
}  # fmt: skip
walk = {"dedicated": 15.0, "social": 10.0, "volunteer": 10.0}
posts = pg.plan_posts(places, minutes, demand, fulcrums, wanted, walk)
posts.assign(name=posts["place"].map(places["name"])).drop(columns="place").round(2)

# %%
pd.DataFrame(posts.attrs["shifts"]).T

# %% [markdown]
# One set of posts for all shifts is another question: `by_shift` spreads demand over the shifts, and only places that
# are open then serve it. The blind spots have a shift:

# %%
hours = pd.DataFrame({s: places["kind"].isin(["market", "bus station", "township government"]) | (s != "night")
                      for s in demand.columns})  # fmt: skip
table, weight = pg.by_shift(minutes, demand, hours)
standing = pg.max_coverage(table, 8, 15, weight, effort=0.3)
standing.uncovered.groupby("shift", observed=True).agg(["count", "sum"]).round(2)

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

# %%
county_graph, county_places, county_minutes = graph, places, minutes  # for the exercises

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
    shares, curves = {}, {}
    for hour in ("week_04", "week_08", "week_17"):
        manhattan = pg.from_edges(nodes, edges, hour, unit="seconds")
        times = pg.travel_time(manhattan, points.iloc[::10], points, max_minutes=10)
        best = pg.max_coverage(times, 12, max_cost=5, demand=people, effort=0.3)
        shares[hour] = {"people": best.objective, "share": best.covered_share, "gap": best.gap}
        curves[hour] = pg.marginal_curve(times, (4, 8, 12, 16), 5, people, effort=0.1)["share"]
    print(pd.DataFrame(shares).T.round(3), pd.DataFrame(curves).round(3), sep="\n\n")
else:
    print("The real data are absent (set PATROLGEO_DATA): this part is left out.")

# %% [markdown]
# The hour changes what the same number of posts can cover: plan for the worst one, or for each. (Check the clock of
# such a table before you trust it: by these column names four in the morning is the slowest hour.) `gap` is what is not
# proved.
#
# ## The map
# Posts of the county, and the people beyond a quarter of an hour, by cell. `write_plan_page` makes a page to hand out.

# %%
grid = pg.HexGrid.from_area(pg.read_area(county / "area.geojson"), 7)
cell = grid.locate(villages)
beyond = villages.population.where(~plan.covered, 0.0).groupby(cell).sum().reindex(grid.cells, fill_value=0.0)
m = pg.map_cells(beyond.rename("people beyond 15 minutes"))
pg.map_plan(sites=plan.to_gdf(places.geometry), m=m)

# %% [markdown]
# ## The answer in one picture
#
# What one post more buys.

# %%
(100 * curve["share"]).plot(marker="o", figsize=(6, 3), xlabel="posts", ylabel="residents within 15 minutes, %")
# %% [markdown]
# ## Exercises
#
# Try first; each solution is folded in the cell below its question.

# %% [markdown]
# **1.** Eight posts so that nobody waits longer than needed: what is the longest way, and what does the mean become?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
table = pg.travel_time(county_graph, county_places, villages, as_sparse=False)
table = table.loc[:, np.isfinite(table).all()]
far = {model.__name__: model(table, 8).cost for model in (pg.p_center, pg.p_median)}
pd.DataFrame({name: {"longest": cost.max(), "mean": cost.mean()} for name, cost in far.items()}).round(1)

# %% [markdown]
# **2.** How many of the county's places may be closed before the eight posts of the plan change? Try the first one.

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
others = county_minutes.drop(index=plan.sites[0])
again = pg.max_coverage(others, 8, 15, villages.population, random_state=0)
f"{again.covered_share:.1%} without {county_places.loc[plan.sites[0], 'kind']!r}, {plan.covered_share:.1%} with it"
