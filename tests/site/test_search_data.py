"""The data of the search: words that stand for each other, and messages of other versions."""

import re
import tomllib
from collections import Counter
from itertools import chain
from typing import Any

from support.sites import ROOT

FOLDER = ROOT / "docs" / "search"
PAGES = sorted((ROOT / "docs" / "errors").glob("*.md"))


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def test_messages_belong_to_sections() -> None:
    """Each message of another version leads to one section on the pages of errors."""
    messages = read("other_messages")
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)

    assert set(messages) <= set(re.findall(r"^\((error-[\w-]+)\)=$", text, re.M))
    assert max(Counter(chain.from_iterable(messages.values())).values()) == 1


def test_synonyms() -> None:
    """A group has at least two different words, and no common word is one of them."""
    words = read("words")

    for group in words["synonyms"]:
        assert len({word.lower() for word in group}) == len(group) >= 2
        assert not set(group) & set(words["common"])
