"""The watch: what the folder holds depends on the files read, not on when, in which order, or how often killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from patrolgeo import run_watch, write_table
from patrolgeo.errors import DataError, PatrolgeoError
from patrolgeo.pipeline.watch.judge import weekly_panel
from patrolgeo.pipeline.watch.run import _alone
from watch_town import RISE_WEEK, write_town

TABLES = ("alerts.csv", "alerts.jsonl", "alerts.geojson", "warnings.html", "warnings.zh.html", "ledger.json")


def tables(folder):
    """Return the bytes of every table of a watch, those of the store among them."""
    store = {p.name: p.read_bytes() for p in sorted((folder / "store").iterdir())}
    return store | {name: (folder / name).read_bytes() for name in TABLES}


def drop(town, files, names):
    for name in names:
        files[name].to_csv(town / "inbox" / name, index=False)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """All files at once, one run."""
    town = tmp_path_factory.mktemp("whole") / "town"
    files = write_town(town, n_files=5)
    drop(town, files, files)
    numbers = run_watch(town / "plan.toml", town / "out")
    return town, files, numbers


def truth(town, files):
    """The records that should be there, computed a second way: the newest version of each id."""
    parts = [pd.read_csv(town / "base.csv").assign(file="base.csv")]
    parts += [table.assign(file=name) for name, table in files.items()]
    every = pd.concat(parts)
    every["updated"] = pd.to_datetime(every["updated"].astype(str), format="mixed")
    newest = every.sort_values(["updated", "file"], kind="stable").groupby("id").last()
    return every, newest


def test_a_watch_that_begins_and_one_whose_records_are_all_withdrawn_warn_of_nothing(tmp_path):
    write_town(tmp_path)
    base = pd.read_csv(tmp_path / "base.csv").head(3)
    base.to_csv(tmp_path / "base.csv", index=False)
    begun = run_watch(tmp_path / "plan.toml", tmp_path / "out")
    assert (begun["records"], set(begun["by_chance_a_week"].values())) == (3, {0.0})
    base.assign(status="withdrawn", updated="2030-01-01").to_csv(tmp_path / "inbox" / "gone.csv", index=False)
    assert run_watch(tmp_path / "plan.toml", tmp_path / "out")["records"] == 0
    assert pd.read_csv(tmp_path / "out" / "alerts.csv").empty


def test_the_store_holds_the_newest_version_of_every_record(whole):
    town, files, numbers = whole
    every, newest = truth(town, files)
    here = newest[newest["status"] != "withdrawn"]
    store = pd.concat(pd.read_parquet(p) for p in sorted((town / "out" / "store").glob("????-??.parquet")))
    assert numbers["read"] == len(every)
    assert numbers["records"] == len(store)
    assert numbers["withdrawn"] == (newest["status"] == "withdrawn").sum()
    assert set(store["id"]) == set(here.index)
    assert store.set_index("id")["category"].to_dict() == here["category"].to_dict()
    assert numbers["read"] == numbers["kept"] + sum(numbers["set_aside"].values())
    assert not {"status", "updated", "note"} & set(store.columns)


def test_the_planted_rise_is_found_in_its_place(whole):
    town, _, _ = whole
    alerts = pd.read_csv(town / "out" / "alerts.csv")
    rise = alerts[(alerts["kind"] == "place") & (alerts["what"] == "burglary")]
    assert RISE_WEEK in set(rise["period"])
    assert rise["place"].nunique() == 1
    lines = [json.loads(line) for line in (town / "out" / "alerts.jsonl").read_text("utf-8").splitlines()]
    assert len(lines) == len(alerts)


def test_hour_by_hour_in_any_order_gives_the_same_bytes(whole, tmp_path):
    """The same files one a run, shuffled; and a run without news changes no byte."""
    _, files, _ = whole
    town = tmp_path / "town"
    write_town(town, n_files=5)
    for name in np.random.default_rng(5).permutation(list(files)):
        drop(town, files, [name])
        run_watch(town / "plan.toml", town / "out")
    assert tables(town / "out") == tables(whole[0] / "out")
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in (town / "out").rglob("*") if p.is_file()}
    assert run_watch(town / "plan.toml", town / "out")["news"] is False
    assert before == {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in (town / "out").rglob("*") if p.is_file()}


def test_a_growing_file_is_read_again(whole, tmp_path):
    _, files, _ = whole
    town = tmp_path / "town"
    write_town(town, n_files=5)
    half = files["h0000.csv"].iloc[:10]
    half.to_csv(town / "inbox" / "h0000.csv", index=False)
    first = run_watch(town / "plan.toml", town / "out")
    drop(town, files, files)
    assert run_watch(town / "plan.toml", town / "out")["records"] > first["records"]
    assert tables(town / "out") == tables(whole[0] / "out")


def test_old_rows_are_deleted_and_said(whole, tmp_path):
    town = tmp_path / "town"
    write_town(town, n_files=5, more="keep_months = 3")
    numbers = run_watch(town / "plan.toml", town / "out")
    months = [p.stem for p in sorted((town / "out" / "store").glob("????-??.parquet"))]
    assert months == ["2024-03", "2024-04", "2024-05"]
    assert numbers["superseded_or_expired"] > 1000
    assert "deleted as old" in (town / "out" / "watch.log").read_text("utf-8")


def test_a_day_is_replayed_from_what_was_known(whole):
    town, _, _ = whole
    before = tables(town / "out")
    run_watch(town / "plan.toml", town / "out", until="2024-05-13")
    then = pd.read_csv(town / "out-2024-05-13" / "alerts.csv")
    assert set(then["period"]) <= {"2024-04-15", "2024-04-22", "2024-04-29", "2024-05-06"}
    assert RISE_WEEK in set(then["period"])
    assert tables(town / "out") == before
    with pytest.raises(DataError, match="until"):
        run_watch(town / "plan.toml", town / "out", until="some day")


def test_one_run_at_a_time(whole):
    town, _, _ = whole
    with _alone((town / "out").resolve(), wait=False), pytest.raises(DataError, match="another run"):
        run_watch(town / "plan.toml", town / "out")
    assert run_watch(town / "plan.toml", town / "out", wait=True)["news"] is False


def test_weeks_are_counted_a_second_way(whole):
    town, _, _ = whole
    store = pd.concat(pd.read_parquet(p) for p in sorted((town / "out" / "store").glob("????-??.parquet")))
    panel = weekly_panel(store, 10)
    monday = store["time"].dt.normalize() - pd.to_timedelta(store["time"].dt.day_of_week, "D")
    by_hand = store.groupby(monday).size().loc[panel.index]
    assert panel.sum(axis=1).tolist() == by_hand.tolist()
    assert len(panel) == 10


@pytest.mark.check
def test_killed_twenty_times_it_gives_the_tables_of_one_run(whole, tmp_path):
    """Runs killed at random moments (20; 200 in `make soak`) while files come; the last one is let through."""
    _, files, _ = whole
    town = tmp_path / "town"
    write_town(town, n_files=5)
    rng, names = np.random.default_rng(11), list(np.random.default_rng(7).permutation(list(files)))
    command = [
        sys.executable,
        "-m",
        "patrolgeo",
        "watch",
        str(town / "plan.toml"),
        "--out",
        str(town / "out"),
        "--wait",
    ]
    for k in range(int(os.environ.get("PATROLGEO_KILLS", "20"))):
        if k % 4 == 0 and names:
            drop(town, files, [names.pop()])
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)
        time.sleep(float(rng.uniform(0.5, 6)))
        run.send_signal(signal.SIGKILL)
        run.wait()
    drop(town, files, names)
    run_watch(town / "plan.toml", town / "out", wait=True)
    assert tables(town / "out") == tables(whole[0] / "out")
    assert not [p for p in town.iterdir() if p.name.startswith(".patrolgeo") and p.is_dir()]


def test_a_file_in_another_encoding_is_read_and_one_that_is_none_is_named(whole, tmp_path):
    """Chinese exports come in GB 18030; what no table can be read from stops the run before anything is written."""
    town, files, _ = whole
    shutil.copytree(town, tmp_path / "town", ignore=shutil.ignore_patterns("out", "*.out*"))
    inbox = tmp_path / "town" / "inbox"
    for name, table in files.items():
        table.assign(remark="市场").to_csv(inbox / name, index=False, encoding="gb18030")
    run_watch(tmp_path / "town" / "plan.toml", tmp_path / "out")
    rows = [pd.read_parquet(p) for p in sorted((tmp_path / "out" / "store").glob("????-??.parquet"))]
    kept = [pd.read_parquet(p) for p in sorted((town / "out" / "store").glob("????-??.parquet"))]
    assert [len(table) for table in rows] == [len(table) for table in kept]
    before = tables(tmp_path / "out")
    (inbox / "zz.csv").write_bytes(b"\x00\xff\xfe garbage")
    with pytest.raises(PatrolgeoError, match=r"zz\.csv"):
        run_watch(tmp_path / "town" / "plan.toml", tmp_path / "out")
    assert tables(tmp_path / "out") == before


def test_a_table_of_a_database_is_watched_like_a_file(whole, tmp_path):
    """The same rows give the same warnings; a row that changes in the table is read again; nothing new, no byte."""
    town, files, _ = whole
    write_town(tmp_path / "town", n_files=5)
    plan, base = tmp_path / "town" / "plan.toml", tmp_path / "town" / "desk.sqlite"
    plan.write_text(plan.read_text().replace('"base.csv"', '"desk.sqlite"\nsql = "SELECT * FROM cases"'))
    drop(tmp_path / "town", files, files)
    table = pd.read_csv(tmp_path / "town" / "base.csv")
    write_table(table, base, "cases")
    first = run_watch(plan, tmp_path / "out")
    assert first["records"] == json.loads((town / "out" / "ledger.json").read_text())["records"]
    assert (tmp_path / "out" / "alerts.csv").read_bytes() == (town / "out" / "alerts.csv").read_bytes()
    assert run_watch(plan, tmp_path / "out")["news"] is False
    there = pd.concat(pd.read_parquet(p) for p in (tmp_path / "out" / "store").glob("????-??.parquet"))["id"]
    one = table["id"] == table["id"][table["id"].isin(there)].iloc[0]
    write_table(table.mask(one, table.assign(status="withdrawn", updated="2030-01-01")), base, "cases")
    again = run_watch(plan, tmp_path / "out")
    assert again["news"]
    assert again["withdrawn"] == first["withdrawn"] + 1
    assert "desk.sqlite query" in set(pd.read_parquet(tmp_path / "out" / "store" / "files.parquet")["file"].str[:17])
