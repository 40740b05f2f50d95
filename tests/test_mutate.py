"""The changes of `make mutate` are made where code computes, one at a time, and leave code that can be read."""

import ast
import importlib.util
from pathlib import Path

PLACE = Path(__file__).parents[1] / ".ci" / "mutate.py"
SOURCE = '''
def f(a: int, b=(1, "ü")):
    """Say 1 < 2."""
    if not a < b:
        return ~a + 1
    raise ValueError("a" + str(2))
'''


def load():
    spec = importlib.util.spec_from_file_location("mutate", PLACE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_kind_of_change_is_found_and_words_and_messages_are_left_alone():
    mutate = load()
    found = list(mutate.changes("f.py", SOURCE))
    made = {(change.line, change.before, change.after) for change in found}
    assert made == {(2, "1", "2"), (4, "<", "<="), (4, "not ", ""), (5, "~", ""), (5, "+", "-"), (5, "1", "2")}
    for change in found:
        assert SOURCE[change.start : change.end] == change.before
        changed = SOURCE[: change.start] + change.after + SOURCE[change.end :]
        assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(SOURCE))


def test_every_room_has_files_and_tests_and_the_seed_decides():
    mutate = load()
    for files, tests in mutate.ROOMS.values():
        assert list((mutate.ROOT / "src/patrolgeo").glob(files))
        assert all((mutate.ROOT / place).exists() for place in tests.split())
    assert mutate.chosen(["panel"], 5, 1) == mutate.chosen(["panel"], 5, 1) != mutate.chosen(["panel"], 5, 2)


def test_changes_that_are_called_equivalent_are_still_there():
    """A line that has changed since must be judged anew."""
    mutate = load()
    for file, line, change in mutate.EQUIVALENT:
        source = (mutate.ROOT / file).read_text(encoding="utf-8")
        assert (file, line, change) in {c.key(source) for c in mutate.changes(file, source)}
