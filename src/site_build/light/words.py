"""The names that the pages of a site have for their parts, and those that its scripts may add."""

import re
from collections.abc import Iterable
from html.parser import HTMLParser

_WORD = re.compile(r"[\w-]+")


def words_of(pages: Iterable[str], scripts: Iterable[str]) -> set[str]:
    """Return every tag, class, id and attribute of *pages*, and every word of *scripts*.

    A script builds names of its own, so any of its words may become one.
    """
    reader = _Names()
    for page in pages:
        reader.feed(page)
    return reader.names.union(*map(_WORD.findall, scripts))


class _Names(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        for name, value in attrs:
            self.names.add(name)
            if name in ("class", "id"):
                self.names.update((value or "").split())
