"""All findings, in the order in which they are told."""

from collections.abc import Iterator

from patrolgeo.doctor.finding import Finding
from patrolgeo.doctor.machine import look_at_machine, look_at_paper
from patrolgeo.doctor.packages import look_at_packages


def look() -> Iterator[Finding]:
    """Yield what is found of the machine and the packages, then the test; without its packages nothing is tested."""
    yield from look_at_machine()
    found = list(look_at_packages())
    yield from found
    if any(one.level == "fault" for one in found):
        return
    yield from look_at_paper()
    from patrolgeo.doctor.self_test import self_test  # loads all that it tests

    yield self_test()
