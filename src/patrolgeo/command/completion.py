"""A script by which a shell completes the words of the command line; it starts no Python while you type."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

SHELLS = ("bash", "zsh", "fish")
_BASH = """_patrolgeo() {{
  local now="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="{commands}"
  else
    case "${{COMP_WORDS[1]}} $before" in
{choices}
      *) case "${{COMP_WORDS[1]}} $now" in
{options}
      esac ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$now"))
  if [ "${{#COMPREPLY[@]}}" -eq 0 ] && [ "$COMP_CWORD" -gt 1 ]; then
    local IFS=$'\\n'
    COMPREPLY=($(compgen -f -- "$now"))
  fi
}}
complete -o filenames -F _patrolgeo patrolgeo
"""


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """Return the script of one of `SHELLS` for all commands of `parser`."""
    commands = subcommands(parser)
    if shell == "fish":
        return "".join(f"{line}\n" for line in _fish(commands))
    bash = _bash(commands)
    return bash if shell == "bash" else f"autoload -U +X bashcompinit && bashcompinit\n{bash}"


def subcommands(parser: argparse.ArgumentParser) -> argparse._SubParsersAction[argparse.ArgumentParser]:
    """Return the commands of a parser: ``.choices`` by name."""
    return next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))


def _bash(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> str:
    """Write the script of bash, which zsh understands as well."""
    choices = [
        f'      "{name} {flag}") words="{" ".join(map(str, action.choices))}" ;;'
        for name, command in commands.choices.items()
        for action in command._actions
        if action.choices
        for flag in action.option_strings or [name]
    ]
    options = [
        f'      "{name} -"*) words="{" ".join(command._option_string_actions)}" ;;'
        for name, command in commands.choices.items()
    ]
    return _BASH.format(commands=" ".join(commands.choices), choices="\n".join(choices), options="\n".join(options))


def _fish(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> Iterator[str]:
    told = {action.dest: action.help for action in commands._choices_actions}
    for name, command in commands.choices.items():
        yield f"complete -c patrolgeo -f -n __fish_use_subcommand -a {name} -d {_quoted(told[name])}"
        for action in command._actions:
            line = f"complete -c patrolgeo -n '__fish_seen_subcommand_from {name}'"
            flags = [f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in action.option_strings]
            values = f" -x -a {_quoted(' '.join(map(str, action.choices)))}" if action.choices else ""
            wants = " -r" if flags and action.nargs != 0 and not values else ""
            if flags or values:
                yield f"{line} {' '.join(flags)}{values}{wants} -d {_quoted(action.help)}"


def _quoted(text: str | None) -> str:
    escaped = (text or "").replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
