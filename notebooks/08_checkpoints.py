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
# # 08 · Checkpoints: the county's 16 border roads
#
# **The question.** Which checkpoints meet most of the traffic, and how is an area enclosed at least cost?
#
# Where does traffic pass, which checkpoints meet most of it, what does one more buy, what when drivers go around, who
# covers the villages at the borders, and how is an area enclosed at least cost?
#
# The sample county is **synthetic**: every name and number in it is invented. Flows are a gravity model, a planning
# value, until gates have counted. A checkpoint controls a place, and is no ground for suspecting who passes it.

# %%
from functools import partial

import geopandas as gpd
import pandas as pd

import patrolgeo as pg

county = pg.sample_folder()

# %%
roads = pg.RoadGraph.from_lines(pg.read_roads(county / "roads.geojson"))
villages = pg.read_population(county / "villages.csv")
borders = gpd.read_file(county / "borders.geojson")
crossings = borders[borders["kind"] == "crossing"].set_index("name")
townships = gpd.read_file(county / "townships.geojson").set_index("name")


def points(file):
    table = pd.read_csv(county / file)
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs="EPSG:4326")


forces, posts = points("forces.csv"), points("checkpoints.csv")
stations = forces[forces["role"] == "station"].set_index("name")
crossings[["neighbour", "road_class", "road"]]

# %% [markdown]
# ## 1 · One step: traffic, sites, staffing, shared borders

# %%
ask = partial(
    pg.plan_checkpoints, roads, villages, crossings=crossings, areas=townships, stations=stations, existing=posts,
    reach_minutes=30, random_state=1,
)  # fmt: skip
plan = ask(12, grades={"raised": 16, "highest": 24})
{name: value for name, value in plan.summary().items() if name != "border_villages_missing"}

# %% [markdown]
# Width shows the trips, colour how much of them is intercepted somewhere on its way; circles are the checkpoints.

# %%
met = plan.paths.load(plan.flows.where(plan.interception.intercepted, 0.0))
pg.map_plan(sites=plan.to_gdf(), m=pg.map_flows(plan.traffic.load, roads.edges, met=met))

# %% [markdown]
# The 16 border roads: what passes each of them, and how much of that a checkpoint meets.

# %%
number = pd.Series(
    range(len(villages), len(villages) + len(crossings)), crossings.index
)  # crossings are the last zones
ends = plan.flows.index.to_frame(index=False)
table = pd.DataFrame(index=crossings.index)
for name, zone in number.items():
    here = (ends == zone).any(axis=1).to_numpy()
    table.loc[name, "trips"] = plan.flows[here].sum()
    table.loc[name, "met"] = plan.flows[here & plan.interception.intercepted.to_numpy()].sum() / plan.flows[here].sum()
crossings[["neighbour", "road_class", "road"]].join(table.round({"trips": 0, "met": 2}))

# %% [markdown]
# ## 2 · What one more checkpoint buys
#
# Each row is planned anew, with the two that stand already. `buys` is what one more adds to it.

# %%
held = plan.interception.sites[:2]
shares = {}
for n in (2, 4, 8, 12, 13, 16):
    now = pg.intercept_flows(plan.paths, plan.flows, n, existing=held)
    more = pg.intercept_flows(plan.paths, plan.flows, n + 1, existing=now.sites, effort=0)
    shares[n] = {
        "intercepted": now.intercepted_share, "bound": now.bound / plan.flows.sum(),
        "buys": more.intercepted_share - now.intercepted_share, "officer-hours a day": 48 * n,
    }  # fmt: skip
pd.DataFrame(shares).T.round(3)

# %% [markdown]
# Two on the same way meet a trip twice. When a second look is worth something (`backup`), the plan changes:

# %%
backup = pg.intercept_flows(plan.paths, plan.flows, 12, existing=held, backup=0.5)
pd.DataFrame({"once": plan.interception.summary(), "backup": backup.summary()}).loc[
    ["intercepted_share", "intercepted_twice"]
]

# %% [markdown]
# Key places first: every middle school has a checkpoint within eight minutes before any is put on the traffic. And a
# tight net on the national roads: no stretch of 20 km without a checkpoint.

# %%
places = points("places.csv")
schools = places[places["kind"] == "middle school"].set_index("name")
guarded = ask(12, key_places=schools, key_minutes=8)
guarded.defence.places["defended"].sum(), len(schools), guarded.interception.intercepted_share

# %%
layer = pg.read_roads(county / "roads.geojson")
national = pg.space_checkpoints(roads, layer.index[layer["road_class"] == "national"], 20)
national.objective, national.status

# %% [markdown]
# ## 3 · A market day
#
# On a market day the town draws more, in the morning. The same number of sites meets another share of the traffic.

# %%
markets = pd.read_csv(county / "markets.csv")
seats = villages["kind"] != "village"
market = ask(12, attraction=pg.market_attraction(villages, markets, "2023-01-05", seats=seats))
plan.interception.intercepted_share, market.interception.intercepted_share

# %%
by_hour = pg.hourly_flows(market.flows, "market")
met_by_hour = by_hour.reindex(market.flows.index).where(market.interception.intercepted, 0.0)
pd.DataFrame({"trips": by_hour.sum(), "met": met_by_hour.sum() / by_hour.sum()}).loc[5:18].round({"trips": 0, "met": 2})

# %% [markdown]
# ## 4 · When drivers go around
#
# A flow counts only when no way up to ten per cent longer avoids the sites; a search of the whole network says so.

# %%
busiest = plan.flows.nlargest(300)
zones = gpd.GeoSeries(pd.concat([villages.geometry, crossings.geometry], ignore_index=True), crs="EPSG:4326")
plain = pg.intercept_flows(pg.flow_paths(roads, busiest, zones), busiest, 8)
evasive = pg.intercept_evasive_flows(roads, busiest, 8, 0.1, zones, max_rounds=4)
plain.intercepted_share, evasive.intercepted_share, evasive.bound / busiest.sum()

# %% [markdown]
# ## 5 · Grades of duty
#
# Raising the grade adds posts and moves none; `loss` is what that costs against planning each grade alone.

# %%
plan.tiers.table

# %% [markdown]
# ## 6 · Villages at the borders of townships: who briefs whom

# %%
plan.joint.briefings

# %%
plan.joint.missing[["area", "neighbour", "demand", "own_minutes", "other_minutes"]].head()

# %% [markdown]
# ## 7 · Ring control: enclose an area at least cost, with a gate for ambulance and fire

# %%
town = gpd.GeoSeries([stations.geometry.iloc[0]], crs="EPSG:4326").to_crs(32648).buffer(4000)
hospitals = places[places["kind"].eq("hospital")]
mandate = {"valid_until": "2024-03-01 18:00", "basis": "example: order of the county bureau"}
officers = {"national": 6, "provincial": 4, "county": 2}  # on other roads one
ring = pg.seal_cordon(
    roads, town, depth=6, costs=officers, road_class=layer["road_class"], population=villages, hospitals=hospitals,
    **mandate,
)  # fmt: skip
ring.summary()

# %% [markdown]
# Two areas, each enclosed, and kept apart from each other as well:

# %%
second = gpd.GeoSeries([stations.geometry.iloc[2]], crs="EPSG:4326").to_crs(32648).buffer(3000)
both = pg.seal_cordon(roads, {"first": town, "second": second}, depth=6, **mandate)
both.objective, both.bound, both.status, both.area.value_counts().to_dict()

# %% [markdown]
# ## Exercises
#
# Try first; each solution is folded in the cell below its question.

# %% [markdown]
# **1.** How much do six checkpoints meet, chosen freely?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
six = pg.intercept_flows(plan.paths, plan.flows, 6)
f"{six.intercepted_share:.1%}, no other six above {six.bound / plan.flows.sum():.1%}"

# %% [markdown]
# **2.** What does the ring cost when it must stand nearer (depth 3)?

# %% tags=["hide-cell"] jupyter={"source_hidden": true}
# a solution
near = pg.seal_cordon(roads, town, depth=3, costs=officers, road_class=layer["road_class"], **mandate)
near.objective, ring.objective
