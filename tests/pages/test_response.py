"""What the report says of the response never contradicts its numbers."""

import pytest

from patrolgeo.pages.blocks import Part, Text
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report import response
from patrolgeo.pages.report.first_page import gets_worse
from patrolgeo.words.messages import load_words

EN, ZH = load_words("en"), load_words("zh")


def told(low, high, more=(-0.1, 0.2)):
    side = {
        "calls": 900, "units": 5, "mean": 9.0, "mean_low": 8.5, "mean_high": 9.5, "median": 7.0, "p90": 20.0,
        "within_share": 0.8, "wait_share": 0.01, "workload": 0.1,
    }  # fmt: skip
    sides = {"proposed": side | {"busy_day": side}, "today": side | {"units": 3, "busy_day": side}}
    row = {"kind": "one unit more", "what": "north", "change": sum(more) / 2, "low": more[0], "high": more[1]}
    return sides | {
        "service_minutes": 40.0, "of_calls": True, "within_minutes": 15.0, "worse_areas": [], "variants": [row],
        "change": {"change": (low + high) / 2, "low": low, "high": high}, "by_shift": [],
    }  # fmt: skip


def lines(answer, words):
    parts = response.blocks(Findings(summary={"response": answer}), words)
    flat = [b for part in parts for b in (part.blocks if isinstance(part, Part) else [part])]
    return [block.text for block in flat if isinstance(block, Text)]


def test_both_sides_tell_their_own_vehicles():
    assert "by the vehicles at today's bases (3)" in lines(told(1, 2), EN)[0]
    assert "by others (5) around the clock" in lines(told(1, 2), EN)[0]
    assert "今天驻地的3辆车" in lines(told(1, 2), ZH)[0]


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (1.0, 2.0, "Callers wait 1.5 minutes longer than today on average (95 % interval 1 to 2)."),
        (-2.0, -1.0, "Callers wait 1.5 minutes less than today on average (95 % interval 1 to 2)."),
        (-0.5, 0.1, "the difference is -0.2 minutes, which can be chance (95 % interval -0.5 to 0.1)"),
    ],
)
def test_the_change_keeps_its_direction(low, high, said):
    assert any(said in line for line in lines(told(low, high), EN))


def test_a_vehicle_more_is_called_of_no_use_only_where_none_helps():
    for words in (EN, ZH):
        assert words["response_more_of_no_use"] in lines(told(1, 2), words)
        assert words["response_more_of_no_use"] not in lines(told(1, 2, more=(-0.3, -0.1)), words)


@pytest.mark.parametrize("words", [EN, ZH], ids=["en", "zh"])
def test_page_one_says_that_callers_wait_longer_only_when_that_is_sure(words):
    today = {"n": 3, "max_over_mean": 2.0, "mean_travel_minutes": 9.0, "worst_travel_minutes": 30.0}
    areas = today | {"current": today}
    longer = words["worse_response"].split("{")[0]
    assert longer in gets_worse({"areas": areas, "response": told(1, 2)}, words)
    assert gets_worse({"areas": areas, "response": told(-1, 2)}, words) == words["worse_nothing"]
    assert longer in gets_worse({"areas": today, "response": told(1, 2)}, words)
    assert gets_worse({"areas": today, "response": told(-1, 2)}, words) == words["worse_unknown"]
