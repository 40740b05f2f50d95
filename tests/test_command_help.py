"""The help teaches: every command has examples that its own parser takes; shells complete its words."""

import contextlib
import io
import logging
import re
import shlex
import subprocess

import pytest

from patrolgeo.command.completion import SHELLS, script, subcommands
from patrolgeo.command.main import _parser, main

COMMANDS = subcommands(_parser()).choices


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_ends_with_examples_that_are_taken(name):
    lines = COMMANDS[name].format_help().split("examples:\n")[1].splitlines()
    assert lines
    for line in lines:
        words = re.split(r"\s[>#]", line.strip())[0]
        program, *rest = shlex.split(words)
        assert (program, rest[0]) == ("patrolgeo", name)
        assert _parser().parse_args(rest).run


def test_the_first_page_names_every_command_and_ways_to_begin():
    text = _parser().format_help()
    assert all(f"    {name}" in text for name in COMMANDS)
    for line in re.findall(r"^  patrolgeo (.*)", text, re.M):
        assert _parser().parse_args(shlex.split(line.split("#")[0])).run


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_names_every_command_and_option(shell, capsys):
    assert main(["completion", shell]) == 0
    text = capsys.readouterr().out
    for name, command in COMMANDS.items():
        assert name in text
        for option in command._option_string_actions:
            assert (f"-l {option[2:]} " if shell == "fish" and option.startswith("--") else option[-1:]) in text, option


@pytest.mark.parametrize(
    ("typed", "proposed"),
    [(["patrolgeo", "sh"], "sheets"), (["patrolgeo", "plan", "--aud"], "--audience"),
     (["patrolgeo", "plan", "a.toml", "--audience", ""], "internal public"), (["patrolgeo", "completion", "z"], "zsh"),
     (["patrolgeo", "sheets", "--paper", ""], "A4 A3"), (["patrolgeo", "plan", "my f"], "my file.toml")],
)  # fmt: skip
def test_bash_proposes_what_fits(typed, proposed, tmp_path):
    (tmp_path / "my file.toml").touch()
    words = " ".join(map(shlex.quote, typed))
    asked = f'COMP_WORDS=({words}); COMP_CWORD={len(typed) - 1}; _patrolgeo; echo "${{COMPREPLY[*]}}"'
    done = subprocess.run(
        ["bash", "--norc", "-uc", script(_parser(), "bash") + asked],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.stdout.strip() == proposed, done.stderr


@pytest.mark.parametrize(("option", "level"), [("--quiet", "WARNING"), ("--verbose", "DEBUG"), (None, "INFO")])
def test_a_command_is_as_loud_as_it_is_asked_to_be(option, level, monkeypatch, capsys):
    monkeypatch.setattr("patrolgeo.command.files._check", lambda _: logging.getLogger("patrolgeo").info("a step …"))
    assert main(["check", "a.csv", *([option] if option else [])]) == 0
    said = capsys.readouterr().err
    assert logging.getLevelName(logging.getLogger("patrolgeo").level) == level
    assert said == {"WARNING": "", "INFO": "a step …\n"}.get(level, said)
    assert re.fullmatch(r"\d\d:\d\d:\d\d a step …\n", said) or level != "DEBUG"


def test_both_at_once_are_refused():
    with pytest.raises(SystemExit), contextlib.redirect_stderr(io.StringIO()) as said:
        _parser().parse_args(["check", "a.csv", "--quiet", "--verbose"])
    assert "not allowed with" in said.getvalue()
