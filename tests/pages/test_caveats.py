from patrolgeo.pages.caveats import caveats
from patrolgeo.pages.edition import Edition
from patrolgeo.pages.findings import Findings


def test_officer_records_are_told_apart():
    lines = caveats(Findings(origins={"citizen": 90, "officer": 10}), Edition("Longhe"))
    assert any("90 by people who called, 10 by officers" in line for line in lines)
    assert any("not known" in line for line in caveats(Findings(), Edition("Longhe")))
