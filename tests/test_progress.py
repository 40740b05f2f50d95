"""Long work shows what is left of it to who watches, and is quiet otherwise."""

import inspect
import io
import json
import logging
import re
from types import SimpleNamespace

import pytest

from patrolgeo import execution
from patrolgeo.pipeline import clock as clocks
from patrolgeo.pipeline import plan
from patrolgeo.pipeline.clock import Clock, seconds_before


@pytest.fixture
def terminal(monkeypatch):
    """Standard error is a terminal."""
    screen = io.StringIO()
    screen.isatty = lambda: True
    monkeypatch.setattr(execution, "sys", SimpleNamespace(modules={}, stderr=screen))


def run(clock, names, monkeypatch, seconds):
    now = [0.0]
    monkeypatch.setattr(clocks.time, "perf_counter", lambda: now[0])
    for name, took in zip(names, seconds, strict=True):
        with clock.step(name):
            now[0] += took


def test_a_run_twice_as_slow_as_usual_has_twice_the_time_left(terminal, monkeypatch, caplog):
    caplog.set_level(logging.INFO, "patrolgeo")
    clock = Clock({"a": 10.0, "b": 30.0, "c": 40.0})
    run(clock, ["a", "b", "c"], monkeypatch, [20.0, 60.0, 80.0])
    assert caplog.messages == [
        "a … (step 1 of 3, about 80 s left)",
        "b … (step 2 of 3, about 2 min left)",
        "c … (step 3 of 3, about 80 s left)",
    ]
    assert (clock.seconds, clock.left()) == ({"a": 20.0, "b": 60.0, "c": 80.0}, 0.0)


def test_where_nobody_watches_there_are_only_the_steps(monkeypatch, caplog):
    caplog.set_level(logging.INFO, "patrolgeo")
    run(Clock({"a": 10.0}), ["a"], monkeypatch, [1.0])
    assert caplog.messages == ["a …"]


@pytest.mark.parametrize(("level", "shown"), [(logging.NOTSET, True), (logging.INFO, True), (logging.WARNING, False)])
def test_a_bar_is_shown_on_a_terminal_unless_quiet_was_asked_for(terminal, monkeypatch, level, shown):
    log = logging.getLogger("patrolgeo")
    monkeypatch.setattr(log, "level", level)
    assert execution.watched() is shown
    bar = execution.progress(range(3), what="counting")
    assert bar.disable is not shown
    assert list(bar) == [0, 1, 2]
    monkeypatch.setattr(execution.sys, "stderr", None)
    assert not execution.watched()


def test_what_an_earlier_run_took_is_read_from_its_manifest(tmp_path):
    assert seconds_before(tmp_path) == {}
    for text, told in [('{"seconds": {"a": 2}}', {"a": 2.0}), ("[]", {}), ('{"seconds": 3}', {}), ("{", {})]:
        (tmp_path / "manifest.json").write_text(text)
        assert seconds_before(tmp_path) == told
    (tmp_path / "manifest.json").write_text(json.dumps({"seconds": {"a": "x"}}))
    assert seconds_before(tmp_path) == {}


def test_the_usual_steps_are_those_of_a_run():
    """A step that is renamed would be counted twice."""
    assert re.findall(r'clock\.step\("([^"]+)"\)', inspect.getsource(plan.run_plan)) == list(clocks.USUAL)
