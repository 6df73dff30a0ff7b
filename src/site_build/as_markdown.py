"""Write a built page as plain Markdown, for those who take it away: notebooks, scripts, programs.

The page's own source does not do: it has roles that only the build can resolve, and one language.
"""

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from textwrap import indent

from docutils import nodes
from sphinx import addnodes

Link = Callable[[nodes.reference], str]

# What is for a browser alone, or for Sphinx.
_LEFT_OUT = (
    nodes.comment,
    nodes.target,
    nodes.substitution_definition,
    addnodes.index,
    addnodes.toctree,
)
_MARKS = {
    nodes.emphasis: "*",
    addnodes.literal_emphasis: "*",
    nodes.strong: "**",
    addnodes.literal_strong: "**",
}
_MEANT = re.compile(r"([\\`*\[\]<])")
_TAGS = re.compile(r"<rnn-explorer\b.*?</rnn-explorer>|<[^>]*>", re.DOTALL)


def blocks(page: nodes.document, link: Link) -> Iterator[str | int]:
    """Yield what stands on a page, in its order: Markdown, and the numbers of its code cells.

    Args:
        page: As it is written, values and translations included.
        link: Says where a link leads; one that leads nowhere becomes its words.
    """
    parts = _Writer(link).parts(page, depth=0)
    for is_cell, group in groupby(parts, key=lambda part: isinstance(part, int)):
        if is_cell:
            yield from group
        else:
            yield "\n\n".join(map(str, group))


class _Writer:
    def __init__(self, link: Link) -> None:
        self.link = link

    def parts(self, node: nodes.Element, depth: int) -> Iterator[str | int]:
        for child in node.children:
            if isinstance(child, nodes.section):
                yield from self.parts(child, depth + 1)
            elif isinstance(child, nodes.title):
                yield f"{'#' * depth} {self.inline(child)}"
            elif isinstance(child, nodes.container) and "cell_index" in child:
                yield int(child["cell_index"])
            elif text := self.block(child):
                yield text

    def block(self, node: nodes.Node) -> str:
        match node:
            case nodes.literal_block() | nodes.doctest_block():
                return fenced(node.astext(), str(node.get("language", "")))
            case nodes.math_block():
                return f"$$\n{node.astext()}\n$$"
            case nodes.bullet_list():
                return "\n".join(self.item(one, "- ") for one in node.children)
            case nodes.enumerated_list():
                start = int(node.get("start", 1))
                numbered = enumerate(node.children, start)
                return "\n".join(self.item(one, f"{number}. ") for number, one in numbered)
            case nodes.table():
                return self.table(node)
            case nodes.Admonition():
                return indent(self.inside(node), "> ", lambda line: True)
            case nodes.field():
                name, body = node.children
                return f"**{self.inline(name)}:** {self.inside(body)}"
            case addnodes.desc_signature():
                return f"**`{' '.join(node.astext().split())}`**"
            case nodes.TextElement() | nodes.Text():
                return self.inline(node).strip()
            case nodes.Element() if not isinstance(node, _LEFT_OUT):
                return self.inside(node)
        return ""

    def inside(self, node: nodes.Node) -> str:
        return "\n\n".join(filter(None, map(self.block, node.children)))

    def item(self, node: nodes.Node, mark: str) -> str:
        return mark + indent(self.inside(node), " " * len(mark)).lstrip()

    def table(self, node: nodes.Element) -> str:
        rows = [
            [self.inside(entry).replace("\n", " ").replace("|", "\\|") for entry in row.children]
            for row in node.findall(nodes.row)
        ]
        rows.insert(1, ["---"] * len(rows[0]))
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def inline(self, node: nodes.Node) -> str:
        if isinstance(node, nodes.Text):
            return _MEANT.sub(r"\\\1", node.astext())
        if isinstance(node, nodes.raw):
            return _TAGS.sub("", node.astext()).strip("\n")
        if isinstance(node, _LEFT_OUT):
            return ""
        text = node.astext()
        if isinstance(node, nodes.literal):
            mark = "``" if "`" in text else "`"
            return f"{mark} {text} {mark}" if "`" in text else f"{mark}{text}{mark}"
        if isinstance(node, nodes.math):
            return f"${text}$"
        inside = "".join(map(self.inline, node.children))
        if isinstance(node, nodes.reference):
            address = self.link(node)
            return f"[{inside}]({address})" if address else inside
        mark = next((sign for kind, sign in _MARKS.items() if isinstance(node, kind)), "")
        return f"{mark}{inside}{mark}"


def fenced(text: str, language: str = "") -> str:
    """Write a block of code, or of what it put out."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
