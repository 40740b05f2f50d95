"""Classes and areas stay apart for people who lack a kind of cone, and classes on a grey print too."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from colour_vision import EYES, apart, seen
from patrolgeo.maps.colours import RAMPS, TINTS
from patrolgeo.pages.plan_page.layers import HATCHED, HOT, NEAR_TO_FAR, PLAIN, _mix

LADDERS = {**RAMPS, "near_to_far": NEAR_TO_FAR, "hot": HOT}


def test_the_eyes_see_what_is_published():
    """White stays white, the primaries have the known places, and red and green meet without the middle cone."""
    for eye in EYES:
        assert seen("#ffffff", eye) == pytest.approx([100, 0, 0], abs=0.5)
    assert seen("#ff0000", "full") == pytest.approx([53.24, 80.09, 67.20], abs=0.1)
    assert apart("#b04040", "#6a6a2a", "full") > 2 * apart("#b04040", "#6a6a2a", "deuteranopia")


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("ladder", LADDERS)
def test_classes_next_to_each_other_are_told_apart(eye, ladder):
    assert min(apart(one, other, eye) for one, other in pairwise(LADDERS[ladder])) >= 6


@pytest.mark.parametrize("ladder", LADDERS)
def test_more_is_always_darker_so_that_no_class_looks_like_a_far_one_on_a_grey_print(ladder):
    light = [seen(colour, "grey")[0] for colour in LADDERS[ladder]]
    assert (np.diff(light) < -5).all()


@pytest.mark.parametrize("eye", [eye for eye in EYES if eye != "grey"])  # on grey paper borders and names part them
def test_any_two_areas_are_told_apart_as_the_map_fills_them(eye):
    filled = [_mix(tint, 0.45) for tint in TINTS]
    assert min(apart(one, other, eye) for one, other in combinations(filled, 2)) >= 8


def test_what_has_no_class_is_hatched_with_lines_that_are_seen_in_grey():
    assert all(apart(PLAIN[kind], HATCHED[kind], eye) >= 7 for kind in PLAIN for eye in EYES)
