"""Functions are compiled once for their types, whatever numbers their callers write out."""

from patrolgeo.compiled import kernel


def test_numbers_written_out_share_one_compilation_and_other_types_do_not():
    added = kernel(lambda x, y: x + y, cache=False)
    twice = kernel(lambda x: added(x, 1) + added(x, y=2), cache=False)
    assert twice(3) == 9
    assert len(added.signatures) == 1
    assert added(0.5, 1) == 1.5
    assert len(added.signatures) == 2
