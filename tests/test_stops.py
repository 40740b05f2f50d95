"""A signal at any moment of a command ends it with a code of its own and no traceback: loading, working, ending."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from patrolgeo.command import main as command
from patrolgeo.command import stops as stopping
from stops import before_our_code

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals as Linux has them")
ROOT = Path(__file__).parents[1]
# the interpreter loads this before anything of ours: a signal when a module is about to be imported, or at the end
CUSTOM = """
import atexit, os, sys
moment, number = os.environ["MOMENT"], int(os.environ["NUMBER"])
stop = lambda: exec("os.kill(os.getpid(), number)")  # libraries make code from text, numba does it for each function
if moment == "site":
    stop()
elif moment == "end":
    atexit.register(stop)
else:
    sys.addaudithook(lambda event, found: stop() if event == "import" and found[0] == moment else None)
"""


def stopped(folder, moment, number):
    """Return exit code and words of a command that gets a signal at a moment."""
    (folder / "sitecustomize.py").write_text(CUSTOM)
    env = {**os.environ, "PYTHONPATH": f"{folder}:{ROOT / 'src'}", "MOMENT": moment, "NUMBER": str(int(number))}
    words = ["--version"] if moment == "end" else ["plan", "nowhere.toml", "--out", str(folder / "out")]
    done = subprocess.run(
        [sys.executable, "-m", "patrolgeo", *words], env=env, capture_output=True, text=True, check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    return done.returncode, done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["patrolgeo.command.main", "end"])
def test_a_stop_while_loading_or_after_the_end_is_quiet(tmp_path, moment, number):
    assert stopped(tmp_path, moment, number) == (-number, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_at_work_says_one_sentence(tmp_path, number):
    code, said = stopped(tmp_path, "patrolgeo.config", number)
    assert (code, said.count("\n")) == (128 + number, 1)
    assert said.startswith("patrolgeo: interrupted")


@pytest.mark.parametrize(("moment", "code"), [("site", 1), ("patrolgeo", -signal.SIGINT)])
def test_before_our_first_line_the_interpreter_speaks_for_itself(tmp_path, moment, code):
    ended, said = stopped(tmp_path, moment, signal.SIGINT)
    assert (ended, before_our_code(ended, said)) == (code, True)
    assert not before_our_code(ended, f'File "patrolgeo/command/main.py", line 1\n{said}')


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_a_library_makes_of_a_stop_is_still_a_stop(monkeypatch, capsys, number):
    """Classes with descriptors turn an exception into a RuntimeError while they are built."""

    class Descriptor:
        def __set_name__(self, *_: object) -> None:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(command, "_run", lambda _: type("Built", (), {"one": Descriptor()}))
    before = signal.getsignal(number)
    assert command.main(["check", "a.csv"]) == 128 + number
    assert capsys.readouterr().err == f"patrolgeo: {stopping.INTERRUPTED}\n"
    assert signal.getsignal(number) is before
