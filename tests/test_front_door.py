"""The front door: every public function, called as in its own example, with one argument made wrong or shuffled.

The valid call of a function is the first one in the examples of its docstring, caught before it runs; a public function
without an example fails.
"""

import doctest
import math
import types
import warnings
from functools import cache
from inspect import Parameter, signature

import numpy as np
import pandas as pd
import pytest

import patrolgeo
from patrolgeo.errors import AlignmentError, PatrolgeoError

FUNCTIONS = [n for n in patrolgeo.__all__ if isinstance(getattr(patrolgeo, n), types.FunctionType)]


class Caught(BaseException):
    """Ends an example at the call that was looked for."""


def _flat(parameters, arguments):
    """Return arguments by name, those that came as **keywords among them; a function of *arguments takes none."""
    flat = {}
    for name, value in arguments.items():
        kind = parameters.parameters[name].kind
        flat |= value if kind is Parameter.VAR_KEYWORD else {} if kind is Parameter.VAR_POSITIONAL else {name: value}
    return flat


@cache
def valid_call(name):
    """Return the arguments of the first call of `name` in its own examples, by parameter."""
    function = getattr(patrolgeo, name)
    parameters = signature(function)

    def catch(*args, **kwargs):
        raise Caught(_flat(parameters, parameters.bind(*args, **kwargs).arguments))

    space = {**function.__wrapped__.__globals__, name: catch}
    for example in doctest.DocTestParser().get_examples(function.__doc__ or ""):
        try:
            with warnings.catch_warnings(action="ignore"):
                exec(compile(example.source, name, "single"), space)
        except Caught as call:
            return dict(call.args[0])
        space |= {name: catch} if name in space else {}
    return None


# Words that may be any words, and files that need not be there yet.
FREE = {
    *("title", "subtitle", "caption", "purpose", "basis", "attribution", "what", "numbered", "period", "name", "key"),
    *("path", "folder", "cache", "register", "resume", "out", "database"),
}
# What looks like nonsense and is legal, by function and argument: say why.
LEGAL = {
    ("cost_benefit", "effect", "-1"),  # one incident fewer: an effect
    ("calibrate_flows", "tolerance", "95"),  # one round is enough then
    ("intercept_evasive_flows", "detour", "95"),  # drivers who go 95 times further: silly, but a detour
    ("join_hot_spots", "max_km2", "95"),  # a hot spot may be as large as a county
}


def wrong_values(name, parameter, valid):
    """Yield what must be refused for this argument: a label for the message, and the value."""
    yield "an object", object()
    hint = str(parameter.annotation)
    known = valid if valid is not None else parameter.default
    if not isinstance(known, str) and "str" not in hint and parameter.name not in FREE:
        yield "a word", "nonsense"
    if isinstance(known, bool):
        yield "a word for a flag", "no"
    elif isinstance(known, (int, float, np.number)):
        yield "nan", math.nan
        yield "-1", -1
        yield "-inf", -math.inf
        if 0 < known < 1:
            yield "95", 95.0
    elif isinstance(known, str):
        if parameter.name not in FREE:
            yield "a wrong word", "nonsense"
        yield "a number for a word", 3


def empty_values(parameter, valid):
    """Yield empty values, which may be legal but never end in an error from below."""
    if parameter.name in FREE:
        return
    if isinstance(valid, (pd.Series, pd.DataFrame)):
        yield "empty", valid.iloc[:0]
    elif isinstance(valid, str):
        yield "empty word", ""
    elif isinstance(valid, (list, tuple, dict)):
        yield "empty", type(valid)()


def outcome(function, arguments):
    """Return "refused" when the call ends in a sentence of ours, "accepted", or what came up from below."""
    try:
        with warnings.catch_warnings(action="ignore"):
            function(**arguments)
    except PatrolgeoError as error:
        return "refused" if str(error).strip() else "an empty sentence"
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__}: {str(error)[:90]}"
    return "accepted"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nonsense_is_refused_in_one_sentence(name):
    function, call = getattr(patrolgeo, name), valid_call(name)
    assert call is not None, f"{name} needs an example in its docstring that calls it"
    bad = []
    for parameter in signature(function).parameters.values():
        if parameter.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD):
            continue
        valid = call.get(parameter.name)
        for label, value in wrong_values(name, parameter, valid):
            if (name, parameter.name, label) not in LEGAL:
                said = outcome(function, call | {parameter.name: value})
                bad += [] if said == "refused" else [f"{parameter.name}, {label}: {said}"]
        for label, value in empty_values(parameter, valid):
            said = outcome(function, call | {parameter.name: value})
            bad += [] if said in ("refused", "accepted") else [f"{parameter.name}, {label}: {said}"]
    assert not bad, f"{name}\n  " + "\n  ".join(bad)


# Labelled calls of functions whose examples are plain lists; the walk shuffles each Series and table in turn.
RNG = np.random.default_rng(0)
CELLS = [f"c{i}" for i in range(12)]
TRUTH = pd.Series(RNG.poisson(3.0, 12).astype(float), CELLS)
SAID = pd.Series(RNG.gamma(1.0, 2.0, 12) + 0.1, CELLS)
SIZE = pd.Series(RNG.uniform(1, 2, 12), CELLS)
COST = pd.DataFrame(RNG.uniform(1, 20, (5, 12)), list("abcde"), CELLS)
NUMBERED = COST.set_axis(range(12), axis=1)  # labels that look like positions
PAIS = ["hit_rate", "pai", "pei", "pei_any_area", "penalised_pai", "ser", "rri", "predicted_over_observed"]
BUDGET = {"y_true": TRUTH, "y_pred": SAID, "area_share": 0.3, "area": SIZE}
LABELLED = {
    **{(name, ""): BUDGET for name in PAIS},
    ("rri", "with a past"): {**BUDGET, "y_past": TRUTH.iloc[::-1] * SIZE},
    ("pei_equal_cells", ""): {k: v for k, v in BUDGET.items() if k != "area"},
    ("best_pai", ""): {k: v for k, v in BUDGET.items() if k != "y_pred"},
    ("pei_ceiling", ""): {k: v for k, v in BUDGET.items() if k != "y_true"},
    **{
        (name, ""): {"y_true": TRUTH, "y_pred": SAID, "area": SIZE}
        for name in ("log_score", "accuracy_curve", "area_under_curve")
    },
    **{(name, ""): {"y_true": TRUTH, "y_pred": SAID} for name in ("calibration_table", "brier_score", "crps")},
    **{
        (name, what): {"cost": cost, "n_sites": 2, "demand": demand} | more
        for what, cost, demand in (
            ("labels", COST, TRUTH),
            ("numbers", NUMBERED, TRUTH.set_axis(range(12))),
            ("positions", COST.to_numpy(), TRUTH.set_axis(range(12))),
        )
        for name, more in (
            ("p_median", {}),
            ("p_center", {}),
            ("max_coverage", {"max_cost": 6.0}),
            ("backup_coverage", {"max_cost": 8.0}),
            ("capacitated_p_median", {"capacity": 40.0, "load": demand}),
        )
    },
    ("set_cover", ""): {"cost": COST, "max_cost": 16.0, "demand": TRUTH},
    ("compare_counts", ""): {"before": TRUTH, "after": TRUTH.iloc[::-1] + 1},
}
# Rows that are records, not values by label: their order may be the order of the answer.
RECORDS = {"incidents", "calls", "table", "source", "nodes", "edges", "lines", "streets", "points", "scores", "borders"}
DRAWN = {("noisy_counts", "panel"), ("pei_ceiling", "y_pred")}  # what is drawn by chance follows positions


def labelled_calls(name):
    """Return the calls of a function in which a label can be lost: from the table, or its own example."""
    calls = [call for (of, _), call in LABELLED.items() if of == name]
    example = valid_call(name) or {}
    return calls or ([example] if any(isinstance(v, (pd.Series, pd.DataFrame)) for v in example.values()) else [])


def facts(answer):
    """Return what an answer says, in the order of its labels, so that answers can be compared."""
    if isinstance(answer, pd.DataFrame):
        return answer.sort_index(axis=1).sort_index(kind="stable")
    if isinstance(answer, pd.Series):
        return answer.sort_index(kind="stable")
    if hasattr(answer, "objective"):
        return pd.Series({"objective": answer.objective})
    return pd.Series({"answer": answer}) if isinstance(answer, (int, float)) else None


@pytest.mark.parametrize("name", FUNCTIONS)
def test_labels_in_another_order_change_nothing_or_are_refused(name):
    function, compared = getattr(patrolgeo, name), 0
    for call in labelled_calls(name):
        with warnings.catch_warnings(action="ignore"):
            straight = facts(function(**call))
        shuffled = [
            (argument, values.sample(frac=1, axis=axis, random_state=1))
            for argument, values in call.items()
            if isinstance(values, (pd.Series, pd.DataFrame)) and argument not in RECORDS and straight is not None
            for axis in range(values.ndim if type(values) is pd.DataFrame else 1)
            if not isinstance(values.axes[axis], pd.DatetimeIndex) and (name, argument) not in DRAWN
        ]
        for argument, values in shuffled:
            try:
                with warnings.catch_warnings(action="ignore"):
                    turned = facts(function(**call | {argument: values}))
            except AlignmentError:
                continue
            compared += 1
            equal = pd.testing.assert_frame_equal if straight.ndim == 2 else pd.testing.assert_series_equal
            try:
                equal(turned, straight, check_like=True) if straight.ndim == 2 else equal(turned, straight)
            except AssertionError as difference:
                raise AssertionError(f"{name}: shuffling {argument} changes the answer\n{difference}") from None
    assert compared or not any(of == name for of, _ in LABELLED)
