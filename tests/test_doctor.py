"""The doctor names what is wrong and how to mend it, in both languages, and ends with a code."""

import re
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

import patrolgeo
from patrolgeo.command.main import main
from patrolgeo.doctor import look, machine, packages, self_test
from patrolgeo.doctor.finding import Finding
from patrolgeo.doctor.warm import ROOMS, warm_room
from patrolgeo.words.messages import LANGUAGES, load_words

SOURCE = Path(packages.__file__).parent


@pytest.fixture
def no_test(monkeypatch):
    monkeypatch.setattr(self_test, "self_test", lambda: Finding("test", values={"seconds": 0.0, "wrong": ""}))


@pytest.mark.parametrize("language", LANGUAGES)
def test_here_nothing_has_to_be_mended(no_test, capsys, language):
    assert main(["doctor", "--language", language]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    words = load_words(language)
    assert last == words["doctor_well"]
    assert all(line.startswith((words["doctor_good"], words["doctor_note"])) for line in lines)
    assert len(lines) == 9 + len(packages.EXTRAS) + 2


def test_every_finding_that_can_be_bad_says_how_to_mend_it():
    text = "".join(path.read_text() for path in SOURCE.glob("*.py"))
    for what in re.findall(r'Finding\(\s*"(\w+)"', text):
        bad = re.search(rf'Finding\(\s*"{what}",[^)]*"(note|fault)"', text)
        for language in LANGUAGES:
            words = load_words(language)
            assert f"doctor_{what}" in words
            assert not bad or f"doctor_{what}_mend" in words, what


def test_a_package_that_is_too_old_or_absent_is_a_fault_with_the_command(monkeypatch, capsys):
    def here(name):
        if name == "h3":
            raise PackageNotFoundError
        return "1.9.9" if name == "pandas" else "9999.1"

    monkeypatch.setattr(packages, "version", here)
    assert main(["doctor", "--language", "en"]) == 1
    out = capsys.readouterr().out
    assert re.search(r"FAULT  h3: version [\d.]+ or later is needed, - is here\. pip install --upgrade \"h3>=", out)
    assert re.search(r"FAULT  pandas: .*1\.9\.9 is here", out)
    assert out.splitlines()[-1] == "2 of these lines must be mended first."
    assert "small town" not in out  # without its packages nothing can be tested


def test_what_the_machine_lacks_is_a_note(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "_memory_gb", lambda: 1.5)
    monkeypatch.setattr("patrolgeo.charts._paper.fonts", lambda: ["DejaVu Sans"])
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    told = {found.what: found for found in (*machine.look_at_machine(), *machine.look_at_paper())}
    assert {what for what, found in told.items() if found.level != "good"} >= {"memory", "fonts", "compiled"}
    assert "Noto Sans CJK" in told["fonts"].told(load_words("en"))
    assert told["memory"].told(load_words("zh")).startswith("提示  内存 1.5 GB。一个县")


def test_a_wrong_answer_or_an_error_is_a_fault(monkeypatch):
    monkeypatch.setattr(self_test, "_wrong", lambda: iter(["p_median"]))
    assert (self_test.self_test().what, self_test.self_test().values["wrong"]) == ("test_failed", "p_median")
    monkeypatch.setattr(self_test, "_wrong", lambda: 1 / 0)
    assert self_test.self_test().values["wrong"] == "ZeroDivisionError: division by zero"


@pytest.mark.check
def test_the_small_town_comes_out_and_the_test_sees_a_wrong_step(monkeypatch):
    assert self_test.self_test().level == "good"
    monkeypatch.setattr(self_test.GetisOrd, "fit_predict", lambda _, panel: panel.sum() * 0)
    monkeypatch.setattr(self_test, "_is_best", lambda *_: False)
    found = self_test.self_test()
    assert (found.level, found.values["wrong"]) == ("fault", "GetisOrd, p_median")


def test_every_finding_is_looked_for_in_turn(no_test):
    assert next(iter(look.look())).what == "python"


@pytest.mark.parametrize("room", ["routes", "hotspots"])
def test_a_room_is_warmed_by_examples_that_there_are(room):
    assert warm_room(room) >= 0
    for names in ROOMS.values():
        assert all(">>> " in getattr(patrolgeo, name).__doc__ for name in names)
