from patrolgeo.pages.caveats import caveats
from patrolgeo.words.messages import load_words


def test_officer_records_are_told_apart():
    lines = caveats(load_words("en"), origins={"citizen": 90, "officer": 10})
    assert any("90 by people who called, 10 by officers" in line for line in lines)
    assert any("not known" in line for line in caveats(load_words("en")))
