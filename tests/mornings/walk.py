"""Walks a page of the documents as its reader would: files are saved under the names they carry, commands are typed."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"^# ([\w-]+\.(?:toml|py|csv))\n")


def steps(page):
    """Return the kind and text of each fenced block that a reader saves or types."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [(kind, body) for kind, body in FENCE.findall(text) if kind == "sh" or NAMED.match(body)]


def walk(page, folder, **names):
    """Save and type everything on the page in `folder`; return what the commands printed, one text a block."""
    said = []
    for kind, body in steps(page):
        if kind == "sh":
            said.append(typed(body, folder, **names))
        else:
            (folder / NAMED.match(body)[1]).write_text(body, encoding="utf-8")
    return said


def typed(lines, folder, **names):
    """Type lines into a shell in which `patrolgeo` and `python` are those of this environment."""
    home = Path(sys.executable).parent
    own = {**os.environ, **names, "PATH": f"{home}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "src")}
    script = 'patrolgeo() { python -m patrolgeo "$@"; }\n' + lines
    done = subprocess.run(
        ["bash", "-eu", "-c", script], cwd=folder, env=own, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{lines}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr
