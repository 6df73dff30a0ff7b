"""The words of the style guide: those in ``words.toml`` are not in prose.

Code is not prose, nor is a message of Keras, which pages quote as code. The names and types of the
arguments in a reference are code.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes

from site_build.checks.typed_facts import is_generated

_CODE = (nodes.literal, nodes.raw, addnodes.literal_strong, addnodes.literal_emphasis)
_DATA: dict[str, Any] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)


@dataclass(frozen=True)
class Word:
    """A word that prose must not contain.

    Args:
        pattern: It and its inflections.
        use: What to write instead.
        reason: Why.
        allowed: Texts in which it means something else.
    """

    pattern: re.Pattern[str]
    use: str
    reason: str
    allowed: tuple[str, ...] = ()


def _compile(pattern: str, **data: Any) -> Word:
    # A name from code, such as flags.md or Flags(), is not a word.
    whole = re.compile(rf"(?<![\w.=/-])(?:{pattern})(?![\w(=-]|\.\w)", re.IGNORECASE)
    return Word(whole, **data)


WORDS = tuple(_compile(**entry) for entry in _DATA["word"])


def find_words(text: str) -> Iterator[str]:
    """Yield a problem for each word in *text* that prose does not contain.

    >>> list(find_words("The layer hands the mask on."))
    ["'hands the mask on': write propagate (a mask), pass (a tensor), initialize with (a state), \
because a layer passes tensors and propagates masks"]
    >>> list(find_words("The layer propagates the mask."))
    []
    """
    for word in WORDS:
        rest = text
        for exception in word.allowed:
            rest = rest.replace(exception, "")
        for found in word.pattern.finditer(rest):
            yield f"{found.group()!r}: write {word.use}, because {word.reason}"


def find_in_prose(doctree: nodes.document) -> Iterator[tuple[nodes.Node, str]]:
    """Yield each piece of prose of a page that contains such a word."""
    for element, text in _list_texts(doctree):
        for problem in find_words(text):
            yield element, f"{problem}: {text!r}"


def _list_texts(doctree: nodes.document) -> Iterator[tuple[nodes.Node, str]]:
    for element in doctree.findall(nodes.TextElement):
        if not isinstance(element, nodes.Inline) and not is_generated(element):
            yield element, _read_text(element)
    for image in doctree.findall(nodes.image):
        yield image, image.get("alt", "")
    for meta in doctree.findall(nodes.meta):
        yield meta, meta.get("content", "")


def _read_text(node: nodes.Node) -> str:
    """Return the text of *node* as on one line, with … in place of code."""
    if isinstance(node, nodes.Text):
        return " ".join(node.astext().split("\n"))
    if isinstance(node, _CODE):
        return "…"
    return "".join(map(_read_text, node.children))
