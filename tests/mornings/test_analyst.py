"""The analyst's question: notebook 16, on New York where its records are, and on the sample county."""

import ast
import os

import pandas as pd
import pytest

from mornings.walk import ROOT

NOTEBOOK = ROOT / "notebooks" / "16_an_analysts_question.py"
pytestmark = pytest.mark.check


def cells():
    """Return heads and bodies of the notebook's cells."""
    parts = NOTEBOOK.read_text(encoding="utf-8").split("\n# %%")[1:]
    return [part.partition("\n")[::2] for part in parts]


@pytest.fixture(scope="module", params=["county", "new york"])
def asked(request):
    """Run the notebook; return its names."""
    patch = pytest.MonkeyPatch()
    where = "nowhere" if request.param == "county" else request.getfixturevalue("real_data")
    patch.setenv("PATROLGEO_DATA", str(where))
    patch.setenv("MPLBACKEND", "agg")
    names = {}
    for head, body in cells():
        if "markdown" not in head:
            exec(compile(ast.parse(body), str(NOTEBOOK), "exec"), names)
    patch.undo()
    os.environ.pop("MPLBACKEND", None)
    return names


def test_it_has_few_cells():
    assert len(cells()) <= 25


def test_the_table_for_the_chief_is_counted_again(asked):
    table = pd.read_excel(asked["out"] / "spots.xlsx", index_col=0, engine="openpyxl")
    counts = asked["incidents"].groupby(asked["of_spot"]).size()
    assert len(table) >= 3
    for spot, row in table.iterrows():
        inside = asked["spots"].of_cell[lambda of, spot=spot: of == spot].index
        here = asked["grid"].select(list(inside))
        assert row["incidents"] == counts[spot] == (here.locate(asked["incidents"]).notna()).sum()
    share = asked["residents"].groupby(asked["spots"].of_cell.reindex(asked["grid"].cells)).sum()
    expected = len(asked["incidents"]) * share / asked["residents"].sum()
    assert table["expected"].to_numpy() == pytest.approx(expected.reindex(table.index).to_numpy(), abs=0.006, rel=0.02)


def test_the_map_opens_offline(asked):
    page = (asked["out"] / "spots.html").read_text(encoding="utf-8")
    assert not any(load in page for load in ('src="http', 'src="//', '<link rel="stylesheet" href="http'))
    hot = asked["found"].labels_[lambda label: label == "hot"].index
    assert all(cell in page for cell in hot)
