"""Control of roads has a purpose, a ground and an end, as the law of the country asks; other wishes are whole too."""

from pathlib import Path

import pytest

from patrolgeo.config import parse_plan
from patrolgeo.config.mandates import is_crime_control
from patrolgeo.errors import DataError, PatrolgeoError

STOPS = {"n": 2, "border_minutes": 6, "purpose": "sobriety", "basis": "order 1", "valid_until": "2026-06-30"}
RING = {"name": "ring", "inside": ["West"], "basis": "order 2", "valid_until": "2026-06-30 18:00"}
FORCE = {"kind": "social", "places": ["school"], "n": {"day": 2}}
CAMERAS = {"n": 2, "purpose": "accidents", "operator": "Town office"}
WHOLE = {
    "title": "Town", "preset": "city", "areas": {"n": 2}, "sites": {"n": 1},
    **{role: {"file": role} for role in ("incidents", "area", "population", "roads", "places", "forces", "shifts")},
    "checkpoints": STOPS, "cordon": [RING], "posts": {"reach_minutes": 5, "forces": [FORCE]},
    "tiers": {"minutes": {"urgent": 5, "soon": 10}}, "weak": {"reach_minutes": 5}, "cameras": CAMERAS,
}  # fmt: skip


def parse(**changes):
    return parse_plan({k: v for k, v in {**WHOLE, **changes}.items() if v is not None}, Path("plan.toml"))


def test_a_plan_with_every_wish_is_taken_and_its_settings_are_plain():
    plan = parse(country="GB")
    assert plan.settings()["cordon"][0]["inside"] == ["West"]
    assert plan.posts.reach("social") == 5
    assert plan.settings()["country"] == "GB"


@pytest.mark.parametrize(
    ("purpose", "refused"),
    [
        ("sobriety", False), ("licence and registration checks", False), ("drunk and drug-impaired driving", False),
        ("driving under the influence of drugs or alcohol", False), ("safety on the mountain roads", False),
        ("witnesses of the fatal collision of 3 May", False), ("to keep people out of the flood area", False),
        ("general crime control", True), ("finding drugs and guns", True), ("deterring burglary", True),
        ("Crime prevention", True), ("looking for stolen cars", True), ("治安防控", True), ("查缉毒品", True),
        ("酒驾检查", False), ("drugs found while checking for drunk driving", True),
    ],
)  # fmt: skip
def test_general_crime_control_is_told_by_its_words_and_refused_in_the_united_states(purpose, refused):
    assert is_crime_control(purpose) == refused
    stops = STOPS | {"purpose": purpose}
    assert parse(country="GB", checkpoints=stops).checkpoints.purpose == purpose
    assert parse(checkpoints=stops).country is None
    if refused:
        with pytest.raises(DataError, match=r"checkpoints.purpose = .*Edmond, 2000"):
            parse(country="US", checkpoints=stops)
    else:
        parse(country="US", checkpoints=stops)


WRONG = [
    ({"country": "UK"}, 'The United Kingdom is "GB"'),
    ({"country": "Germany"}, "two capital letters"),
    ({"checkpoints": STOPS | {"purpose": " "}}, "checkpoints.purpose is empty"),
    ({"checkpoints": STOPS | {"basis": ""}}, "checkpoints.basis is empty"),
    ({"checkpoints": STOPS | {"valid_until": "today"}}, "checkpoints.valid_until = 'today' must be a date"),
    ({"checkpoints": STOPS | {"valid_until": "2026-13-40"}}, "checkpoints.valid_until"),
    ({"checkpoints": {k: v for k, v in STOPS.items() if k != "purpose"}}, "lacks purpose"),
    ({"cordon": [RING | {"basis": " "}]}, "cordon 'ring'.basis is empty"),
    ({"cordon": [RING | {"valid_until": "soon"}]}, "cordon 'ring'.valid_until = 'soon'"),
    ({"cordon": [RING | {"direction": "up"}]}, "direction"),
    ({"cordon": [RING | {"depth": 0}]}, "cordon.depth=0"),
    ({"cordon": [RING, RING | {"depth": 3}]}, "cordon.name = 'ring' stands twice"),
    ({"cordon": RING}, "cordon = .* must be a list"),
    ({"cordon": [RING | {"inside": []}]}, "must name at least one"),
    ({"cordon": [RING | {"costs": {"national": -1}}]}, "cordon.costs.national=-1.0"),
    ({"cordon": [RING | {"gate_to": ["hospital"]}], "places": None, "posts": None}, r"cordon.gate_to needs \[places\]"),
    ({"roads": None, "weak": None, "cameras": None, "checkpoints": None}, r"\[\[cordon\]\] needs \[roads\]"),
    ({"posts": {"reach_minutes": 5, "forces": [FORCE, FORCE | {"officers": 3}]}}, "names the kind 'social' twice"),
    ({"posts": {"reach_minutes": 5, "forces": [FORCE | {"n": {}}]}}, "names no shift"),
    ({"posts": {"reach_minutes": 5, "forces": [FORCE | {"n": {"day": 0}}]}}, "posts.forces.n.day=0"),
    ({"posts": {"reach_minutes": 5, "forces": [FORCE | {"kind": "army"}]}}, "posts.forces.kind"),
    ({"posts": {"reach_minutes": 0, "forces": [FORCE]}}, "posts.reach_minutes=0"),
    ({"shifts": None, "tiers": None}, r"\[posts\] needs \[shifts\]"),
    ({"shifts": None, "posts": None}, r"\[tiers\] needs \[shifts\]"),
    ({"tiers": {"minutes": {"urgent": 9, "soon": 5}}}, "must name rising minutes"),
    ({"tiers": {"minutes": {}}}, "must name rising minutes"),
    ({"tiers": {"minutes": {"urgent": 5}, "kinds": ["army"]}}, "tiers.kinds"),
    ({"weak": {"reach_minutes": 5, "roads": False, "units": False}}, "neither roads nor units"),
    ({"weak": {"reach_minutes": 5, "share": 1.5}}, "weak.share=1.5"),
    ({"forces": None, "tiers": None}, r"\[weak\] needs \[forces\]"),
    ({"cameras": CAMERAS | {"purpose": ""}}, "cameras.purpose is empty"),
    ({"cameras": CAMERAS | {"operator": " "}}, "cameras.operator is empty"),
    ({"cameras": CAMERAS | {"include": {"clinic": "yes"}}}, "cameras.include.clinic = 'yes' must be a date"),
    ({"cameras": CAMERAS | {"consulted": {"x": "?"}}}, "cameras.consulted.x = "),
    ({"cameras": CAMERAS | {"n": 0}}, "cameras.n=0"),
    ({"gates": {"file": "gates.csv"}, "checkpoints": None}, r"\[gates\] needs \[checkpoints\]"),
]


@pytest.mark.parametrize(("changes", "words"), WRONG, ids=[words[:30] for _, words in WRONG])
def test_a_wrong_value_is_one_sentence(changes, words):
    with pytest.raises(PatrolgeoError, match=words):
        parse(**changes)
