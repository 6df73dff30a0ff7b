"""Render a built page as plain Markdown, for notebooks, scripts and programs.

The source of the page is no replacement: only the build resolves its roles, and it is in English.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import groupby
from textwrap import indent

from docutils import nodes
from sphinx import addnodes

_SPECIAL = re.compile(r"([\\`*\[\]<])")
_TAGS = re.compile(r"<[^>]*>")
# Elements whose texts only their scripts complete, such as ``time step {step}``.
_INTERACTIVE = re.compile(r"<(/?)rnn-(?:explorer|model-check)\b")
# A link until its address is resolved, in private-use characters, which no text contains.
_LINK = "\ue010{text}\ue011{kind}\ue012{address}\ue013"
_LINKS = re.compile(_LINK.format(text="(.*?)", kind="(.*?)", address="(.*?)"), re.DOTALL)


@lru_cache(maxsize=1)  # A page is rendered once for its notebook and for programs.
def render_blocks(page: nodes.document) -> tuple[str | int, ...]:
    """Return the Markdown of a page and the numbers of its code cells, in their order.

    Its links are not resolved; see `resolve_links`.
    """
    blocks: list[str | int] = []
    for is_cell, group in groupby(_render(page, depth=0), key=lambda part: isinstance(part, int)):
        if is_cell:
            blocks.extend(group)
        else:
            blocks.append("\n\n".join(map(str, group)))
    return tuple(blocks)


def resolve_links(block: str, link: Callable[[str, bool], str]) -> str:
    """Return *block* with its links.

    Args:
        block: Markdown of `render_blocks`.
        link: Takes the address of a link and whether it is within the site; returns the address
            to write, or nothing to leave the words without a link.
    """

    def resolve(found: re.Match[str]) -> str:
        text, kind, address = found.groups()
        resolved = link(address, kind == "internal")
        return f"[{text}]({resolved})" if resolved else text

    return _LINKS.sub(resolve, block)


def visible_children(node: nodes.Node) -> Iterator[nodes.Node]:
    """Yield the children of *node* without the Explorer and the model checker."""
    is_inside = False
    for child in node.children:
        marks = _INTERACTIVE.findall(child.astext()) if isinstance(child, nodes.raw) else []
        if marks:
            is_inside = marks[-1] == ""
        elif not is_inside:
            yield child


def _render(node: nodes.Element, depth: int) -> Iterator[str | int]:
    for child in visible_children(node):
        if isinstance(child, nodes.section):
            yield from _render(child, depth + 1)
        elif isinstance(child, nodes.title):
            yield f"{'#' * depth} {_inline(child)}"
        elif isinstance(child, nodes.container) and "cell_index" in child:
            yield int(child["cell_index"])
        elif text := _block(child):
            yield text


def _block(node: nodes.Node) -> str:
    match node:
        case nodes.Invisible() | addnodes.toctree():  # Only for a browser, or for Sphinx.
            return ""
        case nodes.literal_block() | nodes.doctest_block():
            return fence(node.astext(), str(node.get("language", "")))
        case nodes.math_block():
            return f"$$\n{node.astext()}\n$$"
        case nodes.bullet_list():
            return "\n".join(_item(child, "- ") for child in node.children)
        case nodes.enumerated_list():
            numbered = enumerate(node.children, int(node.get("start", 1)))
            return "\n".join(_item(child, f"{number}. ") for number, child in numbered)
        case nodes.table():
            return _table(node)
        case nodes.Admonition():
            return indent(_inside(node), "> ", lambda line: True)
        case nodes.field():
            name, body = node.children
            return f"**{_inline(name)}:** {_inside(body)}"
        case addnodes.desc_signature():
            return f"**`{' '.join(node.astext().split())}`**"
        case nodes.TextElement() | nodes.Text():
            return _inline(node).strip()
    return _inside(node)


def _inside(node: nodes.Node) -> str:
    return "\n\n".join(filter(None, map(_block, visible_children(node))))


def _item(node: nodes.Node, mark: str) -> str:
    return mark + indent(_inside(node), " " * len(mark)).lstrip()


def _table(node: nodes.Element) -> str:
    rows = [
        [_inside(entry).replace("\n", " ").replace("|", "\\|") for entry in row.children]
        for row in node.findall(nodes.row)
    ]
    rows.insert(1, ["---"] * len(rows[0]))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _inline(node: nodes.Node) -> str:
    text = node.astext()
    match node:
        case nodes.Text():
            return _SPECIAL.sub(r"\\\1", text)
        case nodes.raw():
            return _TAGS.sub("", text).strip("\n")
        case nodes.Invisible() | addnodes.toctree():
            return ""
        case nodes.literal():
            return f"`` {text} ``" if "`" in text else f"`{text}`"
        case nodes.math():
            return f"${text}$"
    inside = "".join(map(_inline, node.children))
    match node:
        case nodes.reference():
            kind = "internal" if node.get("internal") else "external"
            return _LINK.format(text=inside, kind=kind, address=node.get("refuri", ""))
        case nodes.emphasis():
            return f"*{inside}*"
        case nodes.strong():
            return f"**{inside}**"
    return inside


def fence(text: str, language: str = "") -> str:
    """Return a block of code, or of its output."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    marks = "`" * max(3, longest + 1)
    return f"{marks}{language}\n{text.rstrip()}\n{marks}"
