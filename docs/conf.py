"""How Sphinx makes the site. `make docs` stages the pages and calls it with warnings as errors."""

import re
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml

import patrolgeo

project, author, copyright = "patrolgeo", "the patrolgeo developers", "the patrolgeo developers, MIT licence"
version = release = patrolgeo.__version__
root_doc = "docs/index"
language = "en"
extensions = ["myst_nb", "sphinx.ext.autodoc", "numpydoc", "sphinx_copybutton", "sphinx_design"]
default_role = "py:obj"  # names between single backticks in docstrings become links

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 4
nb_ipywidgets_js: dict[str, Any] = {}  # bars of progress need no script from elsewhere
nb_execution_mode = "off"  # .ci/site runs the notebooks and keeps what they draw
autodoc_typehints = "none"  # numpydoc lists the parameters, the signature has the types
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
numpydoc_show_class_members = False
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_theme = "pydata_sphinx_theme"
html_title = "patrolgeo"
html_context = {"default_mode": "auto"}
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_show_search_summary = False  # excerpts are fetched, which a browser refuses on pages from disk
html_copy_source = html_show_sourcelink = False
html_theme_options: dict[str, Any] = {
    "navbar_align": "left",
    "header_links_before_dropdown": 8,
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": True,
    "navigation_with_keys": False,
    "pygments_light_style": "friendly",
    "pygments_dark_style": "monokai",
}


def math_inline(writer: Any, node: nodes.math) -> None:
    """Write a formula in a line as MathML, which browsers draw by themselves: no script, no request."""
    writer.body.append(tex2mathml(node.astext().replace(r"\dots", r"\ldots")))
    raise nodes.SkipNode


def math_block(writer: Any, node: nodes.math_block) -> None:
    """Write a displayed formula as MathML."""
    code = node.astext().replace(r"\dots", r"\ldots")
    writer.body.append(f'<div class="math">{tex2mathml(code, as_block=True)}</div>\n')
    raise nodes.SkipNode


def join_returns(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:  # noqa: ARG001
    """Put a plain paragraph below Returns on one line: numpydoc takes each line for a value of its own."""
    text = "\n".join(lines)
    found = re.search(r"^Returns\n-+\n(?P<body>(?:\S.*\n?)+)(?=\n|\Z)", text, re.MULTILINE)
    if found:
        body = " ".join(found["body"].split())
        lines[:] = f"{text[: found.start('body')]}{body}\n{text[found.end('body') :]}".split("\n")


def setup(app: Any) -> None:
    """Tell Sphinx of the renderer of formulas, and mend docstrings before numpydoc reads them."""
    app.connect("autodoc-process-docstring", join_returns, priority=400)
    app.add_html_math_renderer("mathml", (math_inline, None), (math_block, None))
