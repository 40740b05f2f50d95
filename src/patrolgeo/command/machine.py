"""`patrolgeo doctor`, `warm`, `completion`: this machine, and its shell."""

from __future__ import annotations

import argparse
import locale
from typing import Any

from patrolgeo.command.completion import SHELLS, script
from patrolgeo.command.say import say
from patrolgeo.command.stops import DONE, SYSTEM
from patrolgeo.command.teach import teach
from patrolgeo.words.messages import LANGUAGES, load_words
from patrolgeo.words.messages import say as worded


def add(commands: Any) -> None:
    """Add the commands of this machine."""
    doctor = teach(
        commands,
        "doctor",
        "what this machine has and lacks, and whether a small plan comes out",
        "patrolgeo doctor                                    # before the first plan, and when something fails",
        "patrolgeo doctor --language zh",
    )
    doctor.add_argument("--language", choices=LANGUAGES, help="default: that of the system where there is one")
    doctor.set_defaults(run=_doctor)
    warm = teach(
        commands,
        "warm",
        "compile what plans need, so that the first one starts at once",
        "patrolgeo warm                                      # once after it was installed; minutes, all cores",
    )
    warm.set_defaults(run=_warm)
    completion = teach(
        commands,
        "completion",
        "a script by which your shell completes the words after patrolgeo",
        "patrolgeo completion bash >> ~/.bashrc              # holds from the next shell on",
        "patrolgeo completion zsh >> ~/.zshrc",
        "patrolgeo completion fish > ~/.config/fish/completions/patrolgeo.fish",
    )
    completion.add_argument("shell", choices=SHELLS)
    completion.set_defaults(run=_completion)


def _doctor(options: argparse.Namespace) -> int:
    from patrolgeo.doctor.look import look

    words = load_words(options.language or _language())
    faults = 0
    for found in look():
        say(f"{found.told(words)}\n")
        faults += found.level == "fault"
    say((worded(words, "doctor_ill", n=faults) if faults else words["doctor_well"]) + "\n")
    return SYSTEM if faults else DONE


def _warm(_: argparse.Namespace) -> None:
    from patrolgeo.doctor.warm import warm

    seconds = warm()
    told = ", ".join(f"{room} {spent:.0f}" for room, spent in seconds.items())
    say(f"compiled, in CPU seconds: {told}\n")


def _completion(options: argparse.Namespace) -> None:
    say(script(options.parser, options.shell))


def _language() -> str:
    """Return the language of the system, English where we do not know it."""
    code = (locale.getlocale()[0] or "")[:2].lower()
    return code if code in LANGUAGES else "en"
