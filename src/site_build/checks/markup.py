"""Pages are read from a disk and under a strict content security policy: nothing inline."""

import re
from collections.abc import Iterator

from docutils import nodes

_INLINE = re.compile(r"<script|<style|<[^>]*\s(?:style|on\w+)\s*=|javascript:", re.IGNORECASE)


def find_inline_code(doctree: nodes.document) -> Iterator[tuple[nodes.Node, str]]:
    """Yield each piece of HTML, of a page or of an output, that contains a script or a style."""
    for raw in doctree.findall(nodes.raw):
        if found := _INLINE.search(raw.astext()):
            blocked = f"{found.group()!r} would be blocked by a content security policy"
            yield raw, f"{blocked}; use a class and docs/_static/site.css, or a script file."
