"""HTML from the templates of this room: every text that a template prints passes `escape`."""

from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from patrolgeo.escape import escape


def render(template: str, **values: Any) -> Markup:
    """Return a template of ``pages/templates`` with its values filled in.

    Texts are escaped; what is `Markup` already stays as it is. A value that is missing is an error.

    Examples
    --------
    >>> print(render("bars.svg", title="<b>", rows=[], width=10, height=6, label=5, row=30))
    <svg viewBox="0 0 10 6" role="img" aria-label="&lt;b&gt;" font-size="14"></svg>
    """
    return Markup(_environment().get_template(template).render(values))  # noqa: S704  escaped by the environment


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("patrolgeo.pages"), autoescape=True, finalize=_safe, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip


def _safe(value: Any) -> Any:
    """Return HTML for a text; numbers and what is HTML already stay."""
    return Markup(escape(value)) if isinstance(value, str) and not isinstance(value, Markup) else value  # noqa: S704


def source(name: str) -> Markup:
    """Return a file of ``pages/templates`` as it is: our own script or style sheet."""
    return Markup(files("patrolgeo.pages").joinpath("templates", name).read_text(encoding="utf-8"))  # noqa: S704
