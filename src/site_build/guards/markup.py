"""Pages are read from a disk and under a strict content security policy: nothing inline."""

import re
from collections.abc import Iterator

from docutils import nodes

_INLINE = re.compile(r"<script|<style|<[^>]*\s(?:style|on\w+)\s*=|javascript:", re.IGNORECASE)


def forbidden(doctree: nodes.document) -> Iterator[tuple[nodes.Node, str]]:
    """Yield each piece of HTML, of a page or of an output, that carries a script or a style."""
    for raw in doctree.findall(nodes.raw):
        found = _INLINE.search(raw.astext())
        if found:
            yield (
                raw,
                f"{found.group()!r} would be refused by a content security policy; "
                "use a class and docs/_static/site.css, or a script file.",
            )
