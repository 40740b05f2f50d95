"""Build the documentation site into out/site: one folder that opens from disk.

    python .ci/site                 # runs gallery and notebooks; what has not changed is kept
    python .ci/site --run gallery   # notebooks without what they show
    python .ci/site --run nothing   # text and code only

The pages are staged in out/site-source: docs/ as it is, beside what is made here (API, gallery, notebooks with their
pictures). Sphinx then runs with warnings as errors.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import api
import benchmarks
import course
import gallery
from staged import Stage

ROOT = Path(__file__).parents[2]
SOURCE, SITE, KEPT = ROOT / "out" / "site-source", ROOT / "out" / "site", ROOT / "out" / "site-kept"
# root_doc is docs/index, so that links between pages are the same in the repository and on the site
ENTRY = '<!doctype html><meta charset="utf-8"><title>patrolgeo</title><meta http-equiv="refresh" content="0;url=docs/index.html"><a href="docs/index.html">patrolgeo</a>\n'  # noqa: E501


def main() -> int:
    """Stage the pages, run Sphinx, and return its exit code."""
    parser = argparse.ArgumentParser(description="Build the documentation site into out/site.")
    parser.add_argument(
        "--run", choices=["all", "gallery", "nothing"], default="all", help="what is run for its pictures"
    )
    run = parser.parse_args().run
    stage = Stage(SOURCE)
    stage.copy(ROOT, "docs", skip=("docs/README.md", "docs/gallery/", "docs/conf.py", "docs/_static/"))
    stage.copy(ROOT, "data/samples/county", only=".toml")
    for name in ("CHANGELOG.md", "CONTRIBUTING.md"):
        stage.text(name, (ROOT / name).read_text(encoding="utf-8"))
    api.write(stage)
    benchmarks.write(stage, ROOT)
    gallery.write(stage, ROOT, None if run == "nothing" else KEPT)
    course.write(stage, ROOT, KEPT if run == "all" else None)
    stage.clean()
    sphinx = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-j", "2"]
    folders = ["-c", ROOT / "docs", "-d", ROOT / "out" / "site-doctrees", SOURCE, SITE]
    done = subprocess.run([*sphinx, *folders], check=False)  # noqa: S603
    stage.lay_beside(SITE)
    (SITE / "index.html").write_text(ENTRY, encoding="utf-8")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
