"""What the interpreter itself says when a signal meets it before our first line runs; used by tests and by the soak."""

import re


def before_our_code(code: int, said: str) -> bool:
    """Say whether a stopped process had not come to our first line: no file of ours but the package's front page.

    SIGINT raises KeyboardInterrupt while the interpreter loads `site` (it ends with 1), `runpy` and the front page of
    the package (it ends by the signal), each with its own traceback. No program written in Python can change that.
    """
    ours = set(re.findall(r'patrolgeo/([^"]+)"', said))
    return code in (1, -2) and said.rstrip().endswith("KeyboardInterrupt") and ours <= {"__init__.py"}
