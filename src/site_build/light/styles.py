"""Keep of a style what the pages of a site use: the theme's has rules for everything it can do."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import tinycss2
from tinycss2.ast import Node

# Rules inside of these are asked one by one; the condition itself stays as it is.
_CONDITIONS = {"media", "supports", "layer", "container"}
# The only fonts that come as files are those of icons, and the file's charset is its page's.
_DROPPED = {"font-face", "charset"}
_ASKED_FOR = re.compile(r"var\(\s*(--[\w-]+)")


def used(css: str, words: set[str]) -> str:
    """Return *css* without what a site that has these *words* cannot show.

    Kept are a rule's selectors whose tags, classes and ids are all among the words, and the custom
    properties that something still asks for. What stands in a function, such as ``:not(.wide)``, or
    in brackets is not asked: a script may change it. Licences stay.

    Raises:
        ValueError: The style cannot be read.

    >>> used("p, .gone { color: red } .gone em { color: blue }", {"p", "em"})
    'p{color:red}'
    """
    asked_for: set[str] | None = None
    rules, before = _rules(css), ""
    while (kept := "".join(_kept(rules, words, asked_for))) != before:
        before, asked_for = kept, {*_ASKED_FOR.findall(kept), *words}
    return kept


@lru_cache(maxsize=1)  # The site has the same style in each language, and this takes a second.
def _rules(css: str) -> list[Node]:
    return list(tinycss2.parse_stylesheet(css, skip_whitespace=True))


def _kept(rules: Iterable[Node], words: set[str], asked_for: set[str] | None) -> Iterator[str]:
    for rule in rules:
        if rule.type == "error":
            raise ValueError(f"The style cannot be read: {rule.message}")
        if rule.type == "comment" and rule.value.startswith("!"):
            yield f"/*{rule.value}*/"
        elif rule.type == "qualified-rule":
            selectors = [_text(one) for one in _selectors(rule) if _names(one) <= words]
            inside = _inside(rule.content, asked_for)
            if selectors and inside:
                yield f"{','.join(selectors)}{{{inside}}}"
        elif rule.type == "at-rule" and rule.lower_at_keyword in _CONDITIONS and rule.content:
            nested = tinycss2.parse_rule_list(rule.content, skip_whitespace=True)
            if inside := "".join(_kept(nested, words, asked_for)):
                yield f"@{rule.at_keyword} {_text(rule.prelude)}{{{inside}}}"
        elif rule.type == "at-rule" and rule.lower_at_keyword not in _DROPPED:
            yield rule.serialize()


def _selectors(rule: Node) -> Iterator[list[Node]]:
    """Yield the selectors of a rule, which commas part."""
    selector: list[Node] = []
    for token in rule.prelude:
        if token == ",":
            yield selector
            selector = []
        elif token.type != "comment":
            selector.append(token)
    yield selector


def _names(selector: list[Node]) -> set[str]:
    """Return the tags, classes and ids that a page must have for *selector* to match."""
    names = set()
    before: Any = None
    for token in selector:
        if token.type == "hash" or (token.type == "ident" and before == "."):
            names.add(token.value)
        elif token.type == "ident" and before != ":":
            names.add(token.lower_value)
        before = token
    return names


def _inside(content: list[Node], asked_for: set[str] | None) -> str:
    """Write what stands in the braces of a rule, without comments, blanks and unused properties."""
    parts = []
    for node in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if node.type != "declaration":
            parts.append(node.serialize())
        elif asked_for is None or not node.name.startswith("--") or node.name in asked_for:
            important = "!important" if node.important else ""
            parts.append(f"{node.name}:{_text(node.value)}{important}")
    return ";".join(parts)


def _text(tokens: list[Node]) -> str:
    return str(tinycss2.serialize(tokens)).strip()
