"""Formulas as MathML, which every browser renders without a script or a file of another host."""

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
    # On a phone a wide formula scrolls, with the arrow keys too, as the theme's tables do.
    formula = convert(node.astext(), display="block")
    translator.body.append(f'<div class="pst-scrollable-table-container">{formula}</div>\n')
    raise nodes.SkipNode
