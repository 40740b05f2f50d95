"""A plan on the bench: steps, undo, journal, the new plan file; and a desk that answers nobody else."""

import asyncio
import json
import re
import tomllib

import geopandas as gpd
import h3
import pytest

from app_plan import app_plan, one_of, reassigned
from patrolgeo import DataError, MissingFileError
from patrolgeo.app.journal import Journal
from patrolgeo.app.new_plan import save_plan
from patrolgeo.app.opened import open_bench
from patrolgeo.app.page import app_page
from patrolgeo.app.questions import close_road, read_beside
from patrolgeo.app.serve import MOST, Desk

PORT = 4711
OWN = f"http://127.0.0.1:{PORT}"


@pytest.fixture
def folder(tmp_path, cells):
    return app_plan(tmp_path / "plan", cells)


@pytest.fixture
def bench(folder):
    return open_bench(folder)


def square(cell, half=0.002):
    lat, lon = h3.cell_to_latlng(cell)
    return [[lon + half * x, lat + half * y] for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]


def test_a_moved_cell_is_measured_again_and_undone(bench):
    start, cell = bench.told(), one_of(bench, 1)
    bench.do({"do": "move", "cells": [cell], "to": 2})
    told = bench.told()
    assert told["moved"] == {cell: 2}
    n = len(bench.draft.labels)
    for row in told["areas"]:  # every cell weighs the same, so work over mean is a count
        assert row["over_mean"] == pytest.approx(row["units"] / (n / 2))
    assert sum(row["units"] for row in told["areas"]) == n
    assert told["minutes"] * n == pytest.approx(bench.draft.objective)
    assert 0 <= told["gap"] < 1
    bench.do({"do": "undo"})
    bench.do({"do": "undo"})
    assert bench.told() == start


def test_what_is_locked_stays_and_a_wrong_step_changes_nothing(bench):
    cell = one_of(bench, 1)
    bench.do({"do": "lock", "cells": [cell]})
    before = bench.told()
    rest = list(bench.draft.labels.index[1:])
    wrong = [
        {"do": "move", "cells": [cell], "to": 2}, {"do": "move", "cells": [one_of(bench, 2)], "to": 9},
        {"do": "move", "cells": ["nowhere"], "to": 1}, {"do": "move", "cells": [], "to": 1}, {"do": "fly"}, {},
        [], "move", {"do": "move", "cells": rest, "to": 2}, {"do": "exclude", "ring": [[0, 0], [1, 1]]},
        {"do": "exclude", "ring": [[0, 0], [1, 1], [500, 2]]}, {"do": "exclude", "ring": [[0, 0], [1, 1], [True, "x"]]},
    ]  # fmt: skip
    for step in wrong:
        with pytest.raises(DataError):
            bench.do(step)
    assert bench.told() == before
    bench.do({"do": "unlock", "cells": [cell]})
    bench.do({"do": "move", "cells": [cell], "to": 2})
    assert bench.told()["moved"] == {cell: 2}


def test_the_journal_brings_back_every_whole_step_after_a_kill(tmp_path):
    path = tmp_path / "changes.jsonl"
    steps = [{"do": "move", "cells": ["a"], "to": n} for n in range(3)]
    journal = Journal(path)
    for step in steps:
        journal.add(step)
    journal.close()
    whole = path.read_bytes()
    for cut in range(len(whole) // 2, len(whole) + 1):
        path.write_bytes(whole[:cut])
        again = Journal(path)
        assert again.steps == steps[: whole[:cut].count(b"\n")]
        again.add({"do": "undo"})
        again.close()
        assert [json.loads(line) for line in path.read_bytes().splitlines()] == [*again.steps, {"do": "undo"}]


def test_a_broken_line_in_the_middle_is_named_and_the_steps_after_it_count(tmp_path):
    path, steps = tmp_path / "changes.jsonl", [{"do": "lock", "cells": [n]} for n in "abcd"]
    lines = [json.dumps(step).encode() for step in steps]
    path.write_bytes(b"\n".join([lines[0], b"\xff{", lines[1], b"[5]", lines[2], lines[3], b'{"do": "mo']))
    journal, taken = Journal(path), []
    assert (journal.steps, journal.unread) == (steps, [2, 4])

    def do(step):
        if step == steps[2]:
            raise DataError("it builds on the line that is lost")
        taken.append(step)

    journal.replay(do)
    assert (taken, journal.unread) == ([steps[0], steps[1], steps[3]], [2, 4, 5])
    journal.add({"do": "undo"})
    journal.close()
    assert path.read_bytes().splitlines()[-2:] == [lines[3], b'{"do": "undo"}']  # nothing that was whole is lost


def test_posts_are_placed_and_taken_away_and_the_reach_is_counted_again(tmp_path, cells):
    folder = app_plan(tmp_path / "p", cells, posts=2)
    bench = open_bench(folder)
    own, labels = list(bench.now.posts), bench.draft.labels
    minutes = bench.draft.plan.travel.travel_minutes(labels.index)  # every cell to every other
    risk = cells["risk"].reindex(labels.index)

    def share(posts):
        near = (minutes.loc[posts] <= 3.0).any()
        return float(risk[near.to_numpy()].sum() / risk.sum())

    told = bench.told()["posts"]
    assert (told["cells"], told["within"]) == (own, 3.0)
    assert told["share"] == pytest.approx(share(own))
    free = next(cell for cell in labels.index if cell not in own)
    bench.do({"do": "post", "cell": free})
    bench.do({"do": "post", "cell": own[0]})
    told = bench.told()["posts"]
    assert (told["new"], told["gone"]) == ([free], [own[0]])
    assert told["share"] == pytest.approx(share([own[1], free]))
    assert 0 < told["share_before"] != told["share"] < 1
    saved = tomllib.loads(save_plan(bench, folder / "plan.toml").read_text("utf-8"))
    assert saved["sites"] == {"n": 1, "by_hand": [own[1], free]}
    bench.do({"do": "post", "cell": free})
    for cell in (own[1], "nowhere", 5, None):
        with pytest.raises(DataError):
            bench.do({"do": "post", "cell": cell})
    west, south, east, north = map(float, cells.to_crs(4326).loc[[own[1]]].total_bounds)
    bench.do({"do": "exclude", "ring": [[west, south], [east, south], [east, north], [west, north]]})
    with pytest.raises(DataError, match="no post is left"):
        save_plan(bench, folder / "plan.toml")


def test_a_closed_road_is_told_as_a_graph_without_it_and_changes_nothing(tmp_path, cells):
    folder = app_plan(tmp_path / "p", cells, roads="Mill road")
    bench = open_bench(folder)
    before, (a, b) = bench.told(), bench.roads.geometry.iloc[0].coords[:2]
    told = close_road(bench, {"at": [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]})["closed"]
    assert told["name"] == bench.roads["name"].iloc[0]
    assert told["mean"][0] < told["mean"][1]  # without it everybody walks there
    assert told["mean"][0] == pytest.approx(bench.draft.plan.measures.mean_travel_minutes)
    assert all(was <= then for row in told["areas"] for was, then in (row["mean"], row["worst"]))
    assert bench.told() == before
    for step in ({}, [], {"at": [0, 0]}, {"at": ["a", 1]}, {"at": [500, 1]}):
        with pytest.raises(DataError):
            close_road(bench, step)
    with pytest.raises(DataError, match=r"\[roads\]"):
        close_road(open_bench(app_plan(tmp_path / "q", cells)), {"at": list(a)})


def test_another_plan_is_measured_with_the_work_of_this_one(folder, bench, tmp_path, cells):
    turned = cells.assign(area=["west" if name == "east" else "east" for name in cells["area"]])
    app_plan(tmp_path / "other", turned)
    other = read_beside(bench, tmp_path / "other")
    assert [row["over_mean"] for row in other["areas"]] == [row["over_mean"] for row in bench.told()["areas"]][::-1]
    assert all(other["cells"][cell] == 3 - area for cell, area in bench.draft.labels.items())
    app_plan(tmp_path / "small", cells.iloc[5:])
    with pytest.raises(DataError, match="other cells"):
        read_beside(bench, tmp_path / "small")
    with pytest.raises(MissingFileError, match=r"cells\.parquet is missing"):
        read_beside(bench, tmp_path)


def test_villages_move_and_are_locked_as_a_whole(tmp_path, cells):
    names = [f"village {i // 5}" for i in range(len(cells))]
    bench = open_bench(app_plan(tmp_path / "p", cells.assign(village=names), villages=True))
    cell = one_of(bench, 1)
    own = bench.village.index[bench.village == bench.village[cell]].tolist()
    bench.do({"do": "move", "cells": [cell], "to": 2})
    assert set(bench.told()["moved"]) <= set(own)
    assert (bench.draft.labels[own] == 2).all()
    bench.do({"do": "lock", "cells": [cell]})
    assert bench.told()["locked"] == sorted(own)
    assert reassigned(save_plan(bench, tmp_path / "p" / "plan.toml")) == {bench.village[cell]: 2}
    with pytest.raises(DataError, match="village"):
        bench.do({"do": "move", "cells": ["nowhere"], "to": 2})


def test_the_new_plan_file_is_the_old_one_with_the_changes(folder, bench):
    old, (one, other) = (folder / "plan.toml").read_text("utf-8"), (one_of(bench, 1), one_of(bench, 2))
    bench.do({"do": "move", "cells": [one], "to": 2})
    bench.do({"do": "move", "cells": [other], "to": 1})
    bench.do({"do": "exclude", "ring": square(other)})
    path = save_plan(bench, folder / "plan.toml")
    new = tomllib.loads(path.read_text("utf-8"))
    assert reassigned(path) == {one: 2}  # what is left out is nobody's
    assert {k: v for k, v in new.items() if k not in ("areas", "exclude")} == {
        k: v for k, v in tomllib.loads(old).items() if k != "areas"
    }
    assert new["exclude"][0]["kind"] == "no_patrol"
    ground = gpd.read_file(path.with_name(new["exclude"][0]["file"]))
    assert ground.geometry.is_valid.all()
    assert (folder / "plan.toml").read_text("utf-8") == old
    assert save_plan(bench, folder / "plan.toml").name == "plan-changed-2.toml"


def test_what_was_moved_before_stays_moved(tmp_path, cells):
    there = list(cells.index[:2])
    folder = app_plan(
        tmp_path / "p", cells, hand=f'reassign = {{"{there[0]}" = 1, "{there[1]}" = "East"}}  # by hand\n'
    )
    bench = open_bench(folder)
    bench.do({"do": "move", "cells": [there[0]], "to": 3 - int(bench.draft.labels[there[0]])})
    assert reassigned(save_plan(bench, folder / "plan.toml")) == {
        there[0]: int(bench.draft.labels[there[0]]), there[1]: "East",
    }  # fmt: skip


def test_what_cannot_be_opened_is_said(folder, tmp_path):
    with pytest.raises(MissingFileError, match=r"manifest\.json is missing"):
        open_bench(tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    (folder / "manifest.json").write_text(json.dumps({"settings": {**manifest["settings"], "units": {"file": "x"}}}))
    with pytest.raises(DataError, match="earlier version"):
        open_bench(folder)
    (folder / "plan.gpkg").write_bytes(b"no")
    with pytest.raises(DataError, match="Run the plan again"):
        open_bench(folder)


@pytest.fixture
def desk(bench, folder):
    desk = Desk(bench, Journal(folder / "changes.jsonl"), folder / "plan.toml", PORT)
    yield desk
    desk.journal.close()


def ask(desk, path="", method="GET", body=b"", token=None, **headers):
    """Ask the application as a server would; returns status, headers, body."""
    known = {"host": f"127.0.0.1:{PORT}"} | (
        {} if method == "GET" else {"origin": OWN, "content-type": "application/json"}
    )
    known |= {name.replace("_", "-"): value for name, value in headers.items()}
    sent = [(name.encode(), value.encode()) for name, value in known.items()]
    scope = {"type": "http", "method": method, "path": f"/{desk.token if token is None else token}/{path}",
             "raw_path": b"", "query_string": b"", "headers": sent, "http_version": "1.1", "scheme": "http",
             "server": ("127.0.0.1", PORT), "client": ("127.0.0.1", 1), "root_path": ""}  # fmt: skip
    heard = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        heard.append(message)

    asyncio.run(desk.app()(scope, receive, send))
    got = {k.decode(): v.decode() for k, v in heard[0]["headers"]}
    return heard[0]["status"], got, b"".join(part.get("body", b"") for part in heard[1:])


def test_nobody_else_is_answered(desk):
    step = json.dumps({"do": "move", "cells": [one_of(desk.bench, 1)], "to": 2}).encode()
    refused = [
        {"token": "wrong"}, {"token": desk.token[:-1]}, {"host": "localhost.evil.org"}, {"host": f"evil.org:{PORT}"},
        {"origin": "http://evil.org"}, {"sec_fetch_site": "cross-site"}, {"sec_fetch_site": "same-site"},
        *({"path": "do", "method": "POST", "body": step, **bad} for bad in (
            {"token": "wrong"}, {"origin": "http://evil.org"}, {"origin": "null"}, {"origin": f"http://localhost:{PORT}"},
            {"content_type": "text/plain"}, {"host": "evil.org"}, {"sec_fetch_site": "cross-site"})),
    ]  # fmt: skip
    for how in refused:
        assert ask(desk, **how)[0] == 403, how
    assert ask(desk, "../../etc/passwd")[0] == 404
    assert ask(desk, "do")[0] == 405
    assert desk.bench.told()["moved"] == {}
    status, headers, body = ask(desk, "do", "POST", step)
    assert (status, json.loads(body)["steps"]) == (200, 1)
    assert headers["cache-control"] == "no-store"
    assert len(desk.journal.path.read_bytes().splitlines()) == 1


def test_bad_steps_are_told_and_not_kept(desk):
    pairs = ((b"[1]", b"2"), (b'["a"]', b"[1]"), (b'["a"]', b"{}"))
    steps = (b'{"do": "move", "cells": %s, "to": %s}' % pair for pair in pairs)
    for body in (b"{", b"[]", b"5", b"null", b"\xff", b'{"do": "undo", "x": "\\ud800"}', b"x" * (MOST + 1), *steps):
        status, _, told = ask(desk, "do", "POST", body)
        assert (status, list(json.loads(told))) == (200, ["error"]), body[:40]
    assert desk.journal.path.read_bytes() == b""
    assert ask(desk, "do", "POST", b'{"do": "lock", "cells": ["\\ud800"]}')[0] == 200


def test_errors_are_worded_in_the_language_of_the_page(tmp_path, cells, monkeypatch):
    folder = app_plan(tmp_path / "plan", cells, language="zh", posts=1, roads="Mill road")
    bench = open_bench(folder)
    desk = Desk(bench, Journal(folder / "changes.jsonl"), folder / "plan.toml", PORT)
    cell, rest = one_of(bench, 1), list(bench.draft.labels.index)
    assert "steps" in json.loads(ask(desk, "do", "POST", json.dumps({"do": "lock", "cells": [cell]}).encode())[2])
    wrong = [
        ("do", {"do": "move", "cells": [cell], "to": 2}), ("do", {"do": "move", "cells": rest[1:], "to": 9}),
        ("do", {"do": "fly"}), ("do", {"do": "move", "cells": [], "to": 1}), ("do", {"do": "exclude", "ring": []}),
        ("do", {"do": "post", "cell": bench.now.posts[0]}), ("do", {"do": "post", "cell": "nowhere"}),
        ("do", {"do": "move", "cells": [rest[1]], "to": []}), ("ask", {"at": [0, 0]}), ("ask", {}),
        ("save", {"areas": 1}),
    ]  # fmt: skip
    (folder / "plan.toml").write_text("[areas]\nreassign.a = 1\n", "utf-8")
    (folder / "broken.toml").write_text("[areas", "utf-8")
    for path, step in [*wrong, ("save", None)]:
        desk.source = folder / "plan.toml" if step else folder / "broken.toml"
        told = json.loads(ask(desk, path, "POST", json.dumps(step).encode())[2])["error"]
        assert re.search("[\u4e00-\u9fff]{2}", told), (step, told)
        assert not re.search("[a-z]{3,} [a-z]{3,} [a-z]{3,}", told) or step is None, told  # no English sentence
    desk.journal.close()


def test_a_full_disk_is_told_and_the_step_is_not_taken(desk, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(desk.journal, "add", full)
    before = desk.bench.told()
    step = json.dumps({"do": "move", "cells": [one_of(desk.bench, 1)], "to": 2}).encode()
    status, _, told = ask(desk, "do", "POST", step)
    assert (status, json.loads(told)) == (
        200, {"error": "The file system refused it: No space left on device. Nothing was changed."}
    )  # fmt: skip
    assert desk.bench.told() == before


@pytest.mark.parametrize("how", ["no area", "other area", "no cell", "words", "no name", "no layer"])
def test_a_folder_that_was_edited_by_hand_ends_in_one_clear_message(folder, bench, tmp_path, cells, how):
    other = app_plan(tmp_path / "other", cells)
    table, book = gpd.read_parquet(other / "cells.parquet"), other / "plan.gpkg"
    if how == "other area":
        table.loc[0, "area"] = 7
    elif how == "words":
        table["area"] = "west"
    elif how.startswith("no ") and how[3:] in table:
        table = table.drop(columns=how[3:])
    elif how == "no name":
        gpd.read_file(book, layer="areas").drop(columns="name").to_file(book, layer="areas")
    else:
        gpd.read_file(book, layer="areas").to_file(other / "new.gpkg", layer="regions")
        (other / "new.gpkg").replace(book)
    table.to_parquet(other / "cells.parquet", index=False)
    with pytest.raises(DataError, match=r"other: .*Run the plan again\.$"):
        read_beside(bench, other)
    with pytest.raises(DataError, match=r"other: .*Run the plan again\.$"):
        open_bench(other)


def test_a_page_of_an_earlier_version_is_refused(folder, bench):
    page = (folder / "plan.html").read_text("utf-8")
    (folder / "plan.html").write_text(page.replace("function cellUnder", "function cellBelow"), "utf-8")
    with pytest.raises(DataError, match="not written by this version"):
        app_page(folder, {})


def test_the_page_runs_its_own_scripts_only(desk):
    status, headers, body = ask(desk)
    policy = headers["content-security-policy"]
    assert status == 200
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy
    assert "unsafe" not in policy.split("script-src")[1].split(";")[0]
    assert b"http://" not in body.replace(b"http://www.w3.org", b"")
    assert desk.over() is False
    desk.seen -= 1000
    assert desk.over() is True
