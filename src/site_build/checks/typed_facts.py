"""No fact is typed: decimal numbers, shapes with numbers and versions come from a run.

A cell glues such values into the prose, so that they are always those of the run.
"""

import io
import re
import tokenize
from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import Any

from docutils import nodes

from keras_compat.environments import VERSIONS

# A word ends where Latin letters end, because Chinese has no spaces.
_DECIMAL_OR_VERSION = re.compile(r"(?<![\w.])v?\d*(?:\.\d+)+(?!\w)", re.ASCII)
_SCIENTIFIC = re.compile(r"(?<![\w.])\d+e[-+]?\d+\b", re.IGNORECASE | re.ASCII)
_MAJOR_VERSION = re.compile(
    r"\b(?:Keras|TensorFlow|NumPy|Python|Sphinx|JAX|PyTorch) ?v?\d+\b", re.ASCII
)
_BY = re.compile(r"\b\d+ ?[×x] ?\d+\b", re.ASCII)
# A list in brackets that is not a call; its entries decide whether it is a shape.
_COMMA = r"\s*[,，、]\s*"
_LISTED = re.compile(
    rf"(?<![A-Za-z0-9_])[(（\[]\s*([\w*]+(?:{_COMMA}[\w*]+)*)({_COMMA})?\s*[)）\]]"
)

# A page has a section for each of them, which a test compares with the data.
_VERSION_HEADINGS = {environment.label for environment in VERSIONS}

# These are not prose: they are executed, or generated.
_NOT_PROSE = (nodes.literal_block, nodes.doctest_block, nodes.comment, nodes.raw)


def find_facts(text: str, allowed: Collection[str] = ()) -> list[str]:
    """Return the facts that are typed in *text*.

    Args:
        text: Prose in any language.
        allowed: Texts that only look like facts, such as the name of a license.

    >>> find_facts("On Keras 3 it gives 0.1545 of shape (2, 3), as 2.15.0 did in (batch, units).")
    ['0.1545', '2.15.0', 'Keras 3', '(2, 3)']
    >>> find_facts("在Keras 3上得到0.1545，形状是（2，3）。")
    ['0.1545', 'Keras 3', '（2，3）']
    """
    for exception in allowed:
        text = text.replace(exception, "")
    patterns = (_DECIMAL_OR_VERSION, _SCIENTIFIC, _MAJOR_VERSION, _BY)
    facts = [match.group() for pattern in patterns for match in pattern.finditer(text)]
    for match in _LISTED.finditer(text):
        entries = re.split(_COMMA, match[1])
        if any(entry.isdecimal() for entry in entries) and (len(entries) > 1 or match[2]):
            facts.append(match.group())
    return facts


def find_in_prose(
    doctree: nodes.document, allowed: Collection[str]
) -> Iterator[tuple[nodes.Node, str]]:
    """Yield each piece of prose of a page that contains a typed fact."""
    for node, text in _prose(doctree):
        for fact in find_facts(text, allowed):
            problem = f"{fact!r} is typed in prose; glue it from the run to keep it true: {text!r}"
            yield node, problem


def find_in_comments(notebook: Any, allowed: Collection[str]) -> Iterator[tuple[int, str]]:
    """Yield each cell with a typed fact in a comment, because readers take it for a result."""
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        for comment in _comments(cell.source):
            for fact in find_facts(comment, allowed):
                yield index, f"{fact!r} is typed in a comment; print it instead."


def _is_version_heading(text: nodes.Text) -> bool:
    """Whether *text* is the heading of the section about a version, which is its name."""
    return isinstance(text.parent, nodes.title) and text.astext() in _VERSION_HEADINGS


def _prose(doctree: nodes.document) -> Iterator[tuple[nodes.Node, str]]:
    for text in doctree.findall(nodes.Text):
        if not is_generated(text.parent) and not _is_version_heading(text):
            yield text.parent, text.astext()
    for image in doctree.findall(nodes.image):
        yield image, image.get("alt", "")
    for meta in doctree.findall(nodes.meta):
        yield meta, meta.get("content", "")


def is_generated(node: nodes.Element | None) -> bool:
    """Whether *node* is in what is not prose: code, a cell of a notebook, or a signature."""
    if node is None:
        return False
    is_signature = node.tagname.startswith("desc_sig")
    is_code = isinstance(node, _NOT_PROSE) or "cell" in node["classes"]
    return is_signature or is_code or is_generated(node.parent)


def _comments(source: str) -> Iterator[str]:
    # What is not Python fails when it is executed.
    with suppress(tokenize.TokenError, SyntaxError):
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                yield token.string
