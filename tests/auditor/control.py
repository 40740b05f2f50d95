"""What a report says of posts, blind spots, weak links, cameras, rings, and of the ground of checkpoints."""

from functools import cache

import geopandas as gpd
import pandas as pd

from auditor.sentences import says


def layer(f, name):
    """Return a layer of the run, empty where it is not there."""
    return read(f.path / f"{name}.geojson")


@cache
def read(path):
    return gpd.read_file(path) if path.exists() else pd.DataFrame()


# ---- posts


@says("posts_text")
def _(f, said, state):
    posts = layer(f, "posts")
    places = {(p.x, p.y) for p in posts.geometry}
    return {"n": len(posts), "places": len(places), "people": posts["people"].sum(),
            "possible": f.told("posts", "possible")}  # fmt: skip


@says("posts_shift_text", holds=("proof", None))
def _(f, said, state):
    rows = {row["shift"]: row for row in f.told("posts", "by_shift")}
    state["proved"] = rows[said["shift"]]
    mine = layer(f, "posts").query("shift == @said['shift']")
    assert abs(mine["adds_share"].sum() - state["proved"]["covered_share"]) < 1e-5
    return {"n": len(mine), "share": mine["adds_share"].sum(), "shift": said["shift"]}


@says("posts_optimal")
def _(f, said, state):
    return {} if any(row["status"] == "optimal" for row in f.told("posts", "by_shift")) else None


@says("posts_bound")
def _(f, said, state):
    bounds = [row["bound"] for row in f.told("posts", "by_shift") if f"{row['bound']:.1%}" == said["bound"]]
    return {"bound": bounds[0]} if bounds else None


@says("unmet_staff_posts")
def _(f, said, state):
    force = {f.words[f"force_{kind}"]: kind for kind in ("dedicated", "social", "volunteer")}[said["force"]]
    mine = layer(f, "posts").query("shift == @said['shift'] and force == @force")
    there = [r["there"] for r in f.told("posts", "by_force") if (r["shift"], r["force"]) == (said["shift"], force)]
    assert there[0] < mine["people"].sum()
    return {"wanted": mine["people"].sum(), "can": there[0], "shift": said["shift"]}


# ---- what cannot be missed


@says("weak_units_text", "weak_units_none")
def _(f, said, state):
    return _lost(f, "units") | {"looked": f.told("weak_links", "units_looked_at")}


@says("weak_roads_text", "weak_roads_none")
def _(f, said, state):
    return _lost(f, "roads")


def _lost(f, what):
    links, told = layer(f, f"weak_{what}"), f.told("weak_links")
    assert len(links) == told[what]
    assert not len(links) or links["lost_share"].min() > told["share"]
    worst = links["lost_share"].max() if len(links) else 0.0
    return {"n": len(links), "worst": worst, "share": told["share"], "minutes": told["reach_minutes"]}


# ---- checkpoints: ground, gates, borders


@says("checkpoint_ground")
def _(f, said, state):
    told = f.told("checkpoints")
    return {"purpose": told["purpose"], "basis": told["basis"], "until": told["valid_until"]}


@says("checkpoint_ends")
def _(f, said, state):
    last = pd.Timestamp(f.told("incidents", "last")[:10]) + pd.Timedelta(days=91)
    return {"plan": f"{last:%Y-%m-%d}"} if pd.Timestamp(f.told("checkpoints", "valid_until")) < last else None


@says("gates_text")
def _(f, said, state):
    return {"n": f.inputs["gates"]["kept"], "counted": f.told("checkpoints", "gates_counted")}


@says("border_help_text")
def _(f, said, state):
    villages = layer(f, "border_villages")
    by = villages["proposal"].value_counts()
    posts = villages.loc[villages["proposal"] == "post", "by"].nunique()
    missing = f.told("checkpoints", "border_villages_missing")
    assert set(villages["name"].astype(str)) == set(missing)
    return {"n": len(villages), "posts": posts, **{kind: by.get(kind, 0) for kind in ("station", "post", "agreement")}}


# ---- rings


def ring_of(f, said, state):
    """Return what the summary says of the ring of the sentence, or of the one before it."""
    rings = {ring["name"]: ring for ring in f.told("rings")}
    if "basis" in said:
        state["ring"] = {ring["basis"]: ring for ring in rings.values()}[said["basis"]]
    pieces = layer(f, "rings").query("ring == @state['ring']['name']")
    return state["ring"], pieces


@says("ring_ground")
def _(f, said, state):
    ring, pieces = ring_of(f, said, state)
    assert set(pd.to_datetime(pieces["valid_until"])) == {pd.Timestamp(ring["valid_until"])}
    return {"basis": pieces["basis"].iloc[0], "until": ring["valid_until"]}


@says("ring_text")
def _(f, said, state):
    ring, pieces = ring_of(f, said, state)
    assert ring["bound"] <= pieces["cost"].sum() + 1e-9 <= ring["boundary_cost"] + 2e-9
    return {"n": len(pieces), "cost": pieces["cost"].sum(), "boundary": ring["boundary_cost"], "name": ring["name"]}


@says("ring_bound")
def _(f, said, state):
    return {"bound": ring_of(f, said, state)[0]["bound"]}


@says("ring_gates")
def _(f, said, state):
    return {"n": int(ring_of(f, said, state)[1]["gate"].sum())}


@says("ring_people")
def _(f, said, state):
    ring, _ = ring_of(f, said, state)
    assert ring["residents_enclosed"] <= f.told("population", "read")
    assert ring["residents_cut_off"] <= ring["residents_cut_off_without_gate"] <= ring["residents_enclosed"]
    return {
        "residents": ring["residents_enclosed"], "without": ring["residents_cut_off_without_gate"],
        "cut": ring["residents_cut_off"], "before": ring["hospital_minutes_before"],
        "after": ring["hospital_minutes_after"], "most": ring["hospital_minutes_most_added"],
    }  # fmt: skip


# ---- cameras


@says("cameras_text")
def _(f, said, state):
    told, cameras = f.told("cameras"), layer(f, "cameras")
    return {"n": len(cameras), "share": cameras["adds_share"].sum(), "days": told["keep_days"],
            "purpose": told["purpose"], "operator": told["operator"]}  # fmt: skip


@says("cameras_optimal", "cameras_bound")
def _(f, said, state):
    return {"candidates": f.told("cameras", "candidates"), "bound": f.told("cameras", "bound")}


@says("cameras_refused", holds=("parts", "list_comma"))
def _(f, said, state):
    return {"range": f.told("cameras", "range_m")}


@says("cameras_refused_part")
def _(f, said, state):
    known = {f.words.get(kind, kind): n for kind, n in f.told("cameras", "refused").items()}
    return {"n": known.get(said["kind"]), "kind": said["kind"]}


@says("cameras_consulted")
def _(f, said, state):
    cameras = layer(f, "cameras")
    return {"held": cameras["consulted"].notna().sum(), "n": len(cameras)}


@says("cameras_included")
def _(f, said, state):
    parts = [f"{f.words.get(kind, kind)} ({day})" for kind, day in f.told("cameras", "included").items()]
    return {"parts": f.words["list_comma"].join(parts)}


@says("cameras_elsewhere")
def _(f, said, state):
    return {"n": len(f.told("cameras", "consulted_elsewhere"))}


# ---- tables


def needs(heads, words, *keys):
    return all(words[key] in heads for key in keys)


def posts_by_force(f, heads, words):
    if not needs(heads, words, "posts_count", "people_there"):
        return None
    posts = layer(f, "posts")
    rows = []
    for told in f.told("posts", "by_force"):
        mine = posts[(posts["shift"] == told["shift"]) & (posts["force"] == told["force"])]
        rows.append({words["shift"]: told["shift"], words["hours"]: told["hours"], words["posts_count"]: len(mine),
                     words["people"]: mine["people"].sum(), words["people_there"]: told["there"]})  # fmt: skip
    return rows


def posts_listed(f, heads, words):
    if not needs(heads, words, "shift", "rank", "force", "adds_share"):
        return None
    return [
        {words["shift"]: row["shift"], words["rank"]: row["rank"], words["name"]: row["name"],
         words["hours"]: row["hours"], words["people"]: row["people"], words["adds_share"]: row["adds_share"]}
        for row in layer(f, "posts").head(30).to_dict("records")
    ]  # fmt: skip


@cache
def within(path, name):
    """Return by tier and shift the sums of the cells whose middle lies in its outline: people, cells, share of risk."""
    from auditor.folder import Folder

    f = Folder(path)
    cells = f.cells[f.cells["patrollable"]]
    points = cells.set_geometry(cells.geometry.representative_point())
    sums = {}
    for row in layer(f, name).itertuples():
        mine = points[points.within(row.geometry)]
        sums[row.tier, row.shift] = (
            mine["population"].sum(),
            len(mine),
            mine["risk_plan"].sum() / cells["risk_plan"].sum(),
        )
    return sums


def blind(f, heads, words):
    if not needs(heads, words, "tier", "within_minutes", "residents_blind"):
        return None
    sums, rows = within(f.path, "blind_spots"), []
    for told in f.told("blind_spots"):
        people, cells, share = sums.get((told["tier"], told["shift"]), (0.0, 0, 0.0))
        assert cells == told["cells"], told
        assert abs(share - told["blind_share"]) < 0.15, told  # the hours of a shift move it a little
        rows.append({
            words["tier"]: told["tier"], words["within_minutes"]: told["within_minutes"], words["shift"]: told["shift"],
            words["hours"]: told["hours"], words["forces_on_duty"]: told["forces"], words["residents_blind"]: people,
            words["blind_share"]: told["blind_share"], words["blind_near"]: told["near_place"],
        })  # fmt: skip
    return rows


def lost(f, heads, words):
    if not needs(heads, words, "lost_share"):
        return None
    links = layer(f, "weak_roads" if words["near_place"] in heads else "weak_units")
    return [
        {words["name"]: row["name"] or "", words["lost_share"]: row["lost_share"],
         words["near_place"]: row.get("near_place", "")}
        for row in links.head(30).to_dict("records")
    ]  # fmt: skip


def borders(f, heads, words):
    if not needs(heads, words, "village", "side", "proposal"):
        return None
    return [
        {words["village"]: str(row["name"]), words["residents"]: row["residents"],
         words["of_area"]: str(row["of_area"]), words["by"]: row["by"], words["minutes_away"]: row["minutes_away"]}
        for row in layer(f, "border_villages").head(30).to_dict("records")
    ]  # fmt: skip


def rings(f, heads, words):
    if not needs(heads, words, "ring_road", "gate"):
        return None
    return [
        {words["ring_road"]: row["name"] or "", words["near_place"]: row["near_place"], words["cost"]: row["cost"],
         words["gate"]: words[f"gate_{bool(row['gate'])}"]}
        for row in layer(f, "rings").to_dict("records")
    ]  # fmt: skip


def cameras(f, heads, words):
    if not needs(heads, words, "camera", "sees_m"):
        return None
    rows = []
    for rank, row in enumerate(layer(f, "cameras").to_dict("records"), 1):
        assert row["camera"] == h3_of(row["geometry"])
        rows.append({
            words["rank"]: str(rank), words["camera"]: row["camera"], words["near_place"]: row["name"],
            words["sees_roads"]: row["roads"], words["sees_m"]: row["sees_m"],
            words["adds_expected"]: row["adds_share"],
            words["consultation"]: row["consulted"] or words["consultation_open"],
        })  # fmt: skip
    return rows


def h3_of(point):
    import h3

    return h3.latlng_to_cell(point.y, point.x, 12)


TABLES = (posts_by_force, posts_listed, blind, lost, borders, rings, cameras)
