"""Omit the spans that have no visible effect: they slow down a phone, and are half of a long page.

Pygments marks every name and every bracket of code, docutils every word of a literal, and autodoc
every part of a type.
"""

import re
from typing import Any

from pygments.formatters import HtmlFormatter
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES, Text
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.builders.html import StandaloneHTMLBuilder

# It prevents a line break within a word; these words have no place for one.
_WORD = re.compile(r'<span class="pre">([(\[]*[\w.,=*]+[)\],]*)</span>', re.ASCII)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    # Not before the pages are executed: importing the theme's styles configures the root logger.
    app.connect("write-started", _set_formatter)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _set_formatter(app: Sphinx, builder: Builder) -> None:
    """Let Sphinx write no spans for tokens that look like plain text in both color modes."""
    if not isinstance(builder, StandaloneHTMLBuilder):
        return
    options = builder.theme.get_options() | app.config.html_theme_options
    names = [options.get(f"pygments_{mode}_style") for mode in ("light", "dark")]
    styles = [get_style_by_name(name) for name in names if name]
    looks = {kind: [style.style_for_token(kind) for style in styles] for kind in STANDARD_TYPES}
    plain = [kind for kind in STANDARD_TYPES if styles and looks[kind] == looks[Text]]

    def create_formatter(**options: Any) -> Any:
        formatter = HtmlFormatter(**options)
        formatter.span_element_openers.update(dict.fromkeys(plain, ""))
        return formatter

    bridge: Any = builder.highlighter
    bridge.formatter = create_formatter


def remove_word_spans(page: str) -> str:
    """Return *page* without the spans around words and types that no style refers to.

    >>> remove_word_spans('<span class="pre">units</span> <span class="pre">go-backwards</span>')
    'units <span class="pre">go-backwards</span>'
    """
    return _WORD.sub(r"\1", page).replace("</em><em>", "")
