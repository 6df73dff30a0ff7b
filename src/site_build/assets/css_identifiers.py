"""The names in the pages of a site that styles refer to, and those that its scripts may add."""

import re
from collections.abc import Iterable
from html.parser import HTMLParser

_WORD = re.compile(r"[\w-]+")
# A name that a style has no reason to write with an escape, as it does in `.\31-of-2` or `.a\:b`.
_UNESCAPED = re.compile(r"-?[^\W\d][\w-]*|--[\w-]+")


def collect_identifiers(pages: Iterable[str], scripts: Iterable[str]) -> set[str]:
    """Return every tag, class, id and attribute of *pages*, and every word of *scripts*.

    Any word of a script may become a name, because scripts compose names.
    """
    reader = _IdentifierParser()
    for page in pages:
        reader.feed(page)
    return reader.identifiers.union(*map(_WORD.findall, scripts))


def select_mentioned(style: str, identifiers: set[str]) -> set[str]:
    """Return those of *identifiers* that *style* mentions, or may mention with an escape."""
    words = {*_WORD.findall(style)}
    return {name for name in identifiers if name in words or not _UNESCAPED.fullmatch(name)}


class _IdentifierParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.identifiers: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.identifiers.add(tag)
        for name, value in attrs:
            self.identifiers.add(name)
            if name in ("class", "id"):
                self.identifiers.update((value or "").split())
