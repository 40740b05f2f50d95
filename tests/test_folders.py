"""A result is the earlier one or the new one, whole, wherever the run was stopped; what is not ours stays."""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from patrolgeo import folders
from patrolgeo.errors import DataError
from patrolgeo.files import write_json
from patrolgeo.folders import check_folder, whole_folder

CHILD = Path(__file__).with_name("write_and_die.py")
NAMES = ("plan.html", "report.html", "sheets/one.html")
linux = pytest.mark.skipif(sys.platform != "linux", reason="signals, pipes and links as Linux has them")


def write(target, text, names=NAMES):
    with whole_folder(target) as beside:
        for name in names:
            (beside / name).parent.mkdir(exist_ok=True)
            (beside / name).write_text(text)


def put_others(target):
    """Put into `target` what is not ours: a file, a link to nowhere, a pipe, a folder, a file in one of our folders."""
    (target / "my notes.txt").write_text("mine")
    (target / "link").symlink_to("nowhere")
    os.mkfifo(target / "pipe")
    (target / "my folder").mkdir(mode=0o700)
    (target / "my folder" / "a.txt").write_text("mine")
    (target / "sheets" / "mine.txt").write_text("mine")


def others_stand(target):
    assert (target / "my notes.txt").read_text() == "mine"
    assert os.readlink(target / "link") == "nowhere"
    assert (target / "pipe").is_fifo()
    assert (target / "my folder").stat().st_mode & 0o777 == 0o700
    assert (target / "my folder" / "a.txt").read_text() == "mine"
    assert (target / "sheets" / "mine.txt").read_text() == "mine"


def whole_result(target):
    """The text of the one whole result that lies in `target`."""
    (text,) = {(target / name).read_text() for name in NAMES}
    assert set(json.loads((target / "manifest.json").read_text())["outputs"]) == set(NAMES)
    return text


def start(target, *more):
    source = str(Path(folders.__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, str(CHILD), str(target), *map(str, more)],
        env={**os.environ, "PYTHONPATH": source, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def stand_after(tmp_path, target):
    """After a stop the result is whole; the next run leaves nothing of it, and nothing of others' is lost."""
    text = whole_result(target)
    others_stand(target)
    write(target, "next")
    assert whole_result(target) == "next"
    others_stand(target)
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    return text


def walk_the_stops(tmp_path, target, number, exchange_known=True):
    seen = set()
    for count in range(1, 1000):
        shutil.rmtree(target, ignore_errors=True)
        write(target, "old")
        put_others(target)
        with start(target, count, int(number)) as child:
            _, said = child.communicate(timeout=60)
        assert "Traceback" not in said, said
        seen.add(stand_after(tmp_path, target))
        if child.returncode == 0:
            break
    return seen, count


@linux
@pytest.mark.check
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_stop_at_any_audited_call_leaves_the_old_result_or_the_new_one(tmp_path, number):
    seen, stops = walk_the_stops(tmp_path, tmp_path / "out", number)
    assert seen == {"old", "new"}
    assert stops > 40


@linux
@pytest.mark.check
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
@pytest.mark.parametrize("number", ["SIGKILL", "SIGTERM"])
def test_a_stop_at_any_system_call_of_the_write_phase_leaves_the_old_result_or_the_new_one(tmp_path, number):
    target, seen = tmp_path / "out", set()
    for count in range(1, 3000, 1 if number == "SIGKILL" else 5):
        shutil.rmtree(target, ignore_errors=True)
        write(target, "old")
        put_others(target)
        with start(target, "wait") as child:
            assert child.stdout.readline() == "ready\n"
            rule = f"inject=all:signal={number}:when={count}"
            tracer = subprocess.Popen(
                ["strace", "-p", str(child.pid), "-e", rule, "-o", "/dev/null"], stderr=subprocess.PIPE, text=True
            )
            assert "attached" in tracer.stderr.readline()
            child.communicate("go\n", timeout=60)
            tracer.communicate(timeout=60)
        seen.add(stand_after(tmp_path, target))
        if child.returncode == 0:
            break
    assert seen == {"old", "new"}
    assert count > 100


@linux
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("exchange", [True, False])
def test_a_stop_at_each_rename_leaves_the_old_result_or_the_new_one(tmp_path, monkeypatch, number, exchange):
    """With the exchange of the system and without it; a kill between two renames is mended by the next run."""
    if not exchange:
        monkeypatch.setattr(folders, "_exchange", lambda *_: False)
    rename = Path.rename
    for count in range(1, 5):
        target = tmp_path / f"{number}-{count}" / "out"
        write(target, "old")
        put_others(target)
        child = os.fork()
        if child == 0:
            left = [count]

            def dying(path, to, left=left):
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), number)
                return rename(path, to)

            monkeypatch.setattr(Path, "rename", dying)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            try:
                write(target, "new")
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        if target.exists():
            assert whole_result(target) in ("old", "new")
        else:
            assert not exchange
            assert number == signal.SIGKILL
        write(target, "next")
        assert whole_result(target) == "next"
        others_stand(target)
        assert [p.name for p in target.parent.iterdir()] == ["out"]


@linux
def test_a_result_that_a_kill_left_beside_its_place_is_restored_and_said(tmp_path, caplog):
    target = tmp_path / "out"
    write(target, "old")
    put_others(target)
    target.rename(target.parent / folders._hidden(target, "old"))
    with caplog.at_level(logging.INFO, "patrolgeo"), pytest.raises(KeyboardInterrupt), whole_folder(target):
        raise KeyboardInterrupt
    assert whole_result(target) == "old"
    others_stand(target)
    assert [r.getMessage() for r in caplog.records] == [
        f"{target} was restored: an earlier run was stopped while it replaced it."
    ]


def test_a_run_leaves_the_hidden_folder_of_another_that_is_still_writing(tmp_path):
    target = tmp_path / "out"
    with whole_folder(target) as slow:
        (slow / "a.txt").write_text("slow")
        write(target, "quick")
        assert whole_result(target) == "quick"
    assert [p.name for p in target.iterdir()] == ["manifest.json", "a.txt"] or (target / "a.txt").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_fails_half_way_leaves_the_old_one_and_no_trace(tmp_path):
    target = tmp_path / "out"
    target.mkdir()
    (target / "map.html").write_text("old")
    with pytest.raises(KeyboardInterrupt), whole_folder(target) as beside:
        (beside / "map.html").write_text("half")
        raise KeyboardInterrupt
    assert (target / "map.html").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_new_run_replaces_what_an_earlier_run_wrote_and_keeps_what_others_put_there(tmp_path):
    target = tmp_path / "out"
    for names in (["plan.html", "sites.geojson"], ["plan.html"]):
        with whole_folder(target) as beside:
            for name in names:
                (beside / name).write_text(str(names))
            write_json(beside / "manifest.json", {"outputs": dict.fromkeys(names, "hash")})
        (target / "my-notes.txt").write_text("mine")
    assert sorted(p.name for p in target.iterdir()) == ["manifest.json", "my-notes.txt", "plan.html"]
    assert json.loads((target / "manifest.json").read_text())["outputs"] == {"plan.html": "hash"}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_file_of_somebody_else_by_the_name_of_a_result_is_never_replaced(tmp_path):
    target = tmp_path / "out"
    target.mkdir()
    (target / "plan.html").write_text("mine")
    with pytest.raises(DataError, match=r"holds plan\.html, which no earlier run wrote"):
        check_folder(target, ["plan.html"])
    with pytest.raises(DataError, match="was not written by an earlier run"):
        write(target, "new")
    assert (target / "plan.html").read_text() == "mine"
    assert [p.name for p in tmp_path.rglob("*")] == ["out", "plan.html"]


@linux
def test_a_pipe_or_link_in_the_place_of_a_listed_file_is_not_ours(tmp_path):
    target = tmp_path / "out"
    write(target, "old")
    (target / "plan.html").unlink()
    (target / "plan.html").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataError, match=r"plan\.html"):
        check_folder(target, ["plan.html"])


@linux
def test_rights_follow_the_umask_and_an_existing_folder_keeps_its_own(tmp_path):
    before = os.umask(0o027)
    try:
        write(tmp_path / "new", "a")
        (tmp_path / "old").mkdir(mode=0o711)
        (tmp_path / "old").chmod(0o711)
        write(tmp_path / "old", "a")
        with whole_folder(tmp_path / "closed", private=True) as beside:
            (beside / "a.txt").write_text("a")
    finally:
        os.umask(before)
    rights = {
        p.relative_to(tmp_path).as_posix(): oct(p.stat().st_mode & 0o777)
        for p in tmp_path.rglob("*") if p.parent == tmp_path or p.name in ("plan.html", "a.txt", "manifest.json")
    }  # fmt: skip
    assert rights == {
        "new": "0o750", "new/plan.html": "0o640", "new/manifest.json": "0o640",
        "old": "0o711", "old/plan.html": "0o640", "old/manifest.json": "0o640",
        "closed": "0o700", "closed/a.txt": "0o600", "closed/manifest.json": "0o600",
    }  # fmt: skip


@linux
def test_a_link_to_a_folder_is_written_through(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to("real")
    write(tmp_path / "out", "a")
    assert (tmp_path / "out").is_symlink()
    assert whole_result(tmp_path / "real") == "a"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "real"]


def test_what_cannot_be_a_folder_of_results_is_said_at_the_door(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("a file")
    monkeypatch.chdir(tmp_path)
    for target, words in {
        tmp_path / "file": "is a file",
        tmp_path / "file" / "out": "which is a file",
        tmp_path / ("x" * 300): "longer than 255 bytes",
        tmp_path / "a\nb": "line break",
        ".": "holds the folder you work in",
        "/": "holds the folder you work in",
        "/proc": "mounted",
    }.items():
        with pytest.raises(DataError, match=words):
            check_folder(target)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux")
def test_a_place_that_the_system_refuses_is_an_error_of_the_system_before_the_run(tmp_path):
    with pytest.raises(OSError, match=r"(?i)no such|not permitted|read-only|denied"):
        check_folder("/proc/out")
