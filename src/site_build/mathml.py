"""Formulas as MathML, which every browser sets by itself: no script, and nothing from elsewhere."""

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _inline(translator: HTML5Translator, node: nodes.math) -> None:
    translator.body.append(convert(node.astext()))
    raise nodes.SkipNode


def _block(translator: HTML5Translator, node: nodes.math_block) -> None:
    # On a phone a wide one scrolls, by the arrow keys too: the theme does that for tables.
    formula = convert(node.astext(), display="block")
    translator.body.append(f'<div class="pst-scrollable-table-container">{formula}</div>\n')
    raise nodes.SkipNode
