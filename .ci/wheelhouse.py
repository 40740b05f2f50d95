"""A folder from which a machine without internet installs patrolgeo, and a check that nothing in it can be missing.

    python .ci/wheelhouse.py                                  resolve and check for every machine in MACHINES
    python .ci/wheelhouse.py --for windows 3.12 --to DIR      and download what that machine needs into DIR

Versions are those of requirements.lock; wheels only, each held against its hash when it is downloaded and again when
it is installed. `DIR/install.sh` or `install.bat` makes an environment beside them and runs `patrolgeo doctor`.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SYSTEMS = {  # as uv and as pip name them
    "linux": ("x86_64-manylinux_2_28", ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")),
    "windows": ("x86_64-pc-windows-msvc", ("win_amd64",)),
}
MACHINES = [(system, python) for system in SYSTEMS for python in ("3.11", "3.12", "3.13")]
PIP = "-m pip install --disable-pip-version-check --no-index --find-links wheels --only-binary :all: --require-hashes"
SH = f"""#!/bin/sh
# Installs patrolgeo into the folder env beside this file, without internet.
# Another Python than python3: PYTHON=python@PYTHON@ ./install.sh
set -eu
cd "$(dirname "$0")"
PYTHON=${{PYTHON:-python3}}
HERE=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
if [ "$HERE" != "@PYTHON@" ]; then
  echo "these wheels are for Python @PYTHON@, and $PYTHON is $HERE; try: PYTHON=python@PYTHON@ ./install.sh" >&2
  exit 1
fi
"$PYTHON" -m venv env
env/bin/python {PIP} -r requirements.txt
env/bin/patrolgeo doctor
echo "the command is: $PWD/env/bin/patrolgeo"
"""
BAT = f"""@echo off
rem Installs patrolgeo into the folder env beside this file, without internet.
cd /d "%~dp0"
py -@PYTHON@ -m venv env
if errorlevel 1 (echo These wheels are for Python @PYTHON@: install it first. & exit /b 1)
env\\Scripts\\python {PIP} -r requirements.txt
if errorlevel 1 exit /b 1
env\\Scripts\\patrolgeo doctor
if errorlevel 1 exit /b 1
echo the command is: %~dp0env\\Scripts\\patrolgeo
"""


def run(*words: str | Path) -> None:
    """Run a program; it must end well."""
    subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)  # noqa: S603


def uv() -> str:
    """Return uv: that of this Python's environment, else the one of the system."""
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.exists() else shutil.which("uv") or "uv"


def resolve(system: str, python: str, extras: list[str], target: Path) -> int:
    """Write what a machine needs, by version and hash, into `target`; return how many packages."""
    named = [word for extra in extras for word in ("--extra", extra)]
    run(uv(), "pip", "compile", "--quiet", "--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url",
        "--only-binary", ":all:", "--python-platform", SYSTEMS[system][0], "--python-version", python, *named,
        "-c", "requirements.lock", "-o", target, "pyproject.toml")  # fmt: skip
    return sum("==" in line for line in target.read_text(encoding="utf-8").splitlines())


def pip_words(system: str, python: str, requirements: Path) -> Iterator[str | Path]:
    """Yield the words by which pip takes wheels for another machine, each with its hash."""
    yield from ("--disable-pip-version-check", "-qq", "--no-deps", "--only-binary", ":all:", "--require-hashes")
    yield from ("--python-version", python, "--implementation", "cp")
    yield from (word for name in SYSTEMS[system][1] for word in ("--platform", name))
    yield from ("-r", requirements)


def check(system: str, python: str, extras: list[str]) -> int:
    """Resolve for a machine, and let pip find every wheel of it without downloading; return how many."""
    with tempfile.TemporaryDirectory() as scratch:
        requirements = Path(scratch) / "requirements.txt"
        n = resolve(system, python, extras, requirements)
        run(sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--ignore-requires-python",
            "--target", scratch, *pip_words(system, python, requirements))  # fmt: skip
    return n


def fill(folder: Path, system: str, python: str, extras: list[str]) -> None:
    """Download what a machine needs, with our own wheel, and write how to install it."""
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    requirements = folder / "requirements.txt"
    resolve(system, python, extras, requirements)
    run(sys.executable, "-m", "pip", "download", "-d", wheels, *pip_words(system, python, requirements))
    before = set(wheels.iterdir())
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", wheels)
    (own,) = set(wheels.iterdir()) - before
    version = own.name.split("-")[1]
    sha = hashlib.sha256(own.read_bytes()).hexdigest()
    with requirements.open("a", encoding="utf-8") as lines:
        lines.write(f"patrolgeo=={version} --hash=sha256:{sha}\n")
    name, text, ends = ("install.bat", BAT, "\r\n") if system == "windows" else ("install.sh", SH, "\n")
    (folder / name).write_text(text.replace("@PYTHON@", python), encoding="utf-8", newline=ends)
    (folder / name).chmod(0o755)


def main() -> None:
    """Check every machine, or fill a folder for one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--for", nargs=2, metavar=("SYSTEM", "PYTHON"), dest="machine")
    parser.add_argument("--to", type=Path, default=Path("wheelhouse"), metavar="DIR")
    parser.add_argument("--extra", nargs="*", default=["app"], help="default: app")
    options = parser.parse_args()
    if options.machine:
        if tuple(options.machine) not in MACHINES:
            parser.error(f"--for takes one of {', '.join(map(' '.join, MACHINES))}")
        fill(options.to.resolve(), *options.machine, options.extra)
        sys.stdout.write(f"{len(list((options.to / 'wheels').iterdir()))} wheels in {options.to}\n")
        return
    for system, python in MACHINES:
        sys.stdout.write(f"{system} {python}: {check(system, python, options.extra)} wheels, none is missing\n")


if __name__ == "__main__":
    main()
