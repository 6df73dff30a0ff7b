"""Keep the rules of a style that a site uses: the theme has rules for everything it can do."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from typing import Any

import tinycss2
from tinycss2.ast import Node

# The rules inside these are checked one by one; the condition itself stays.
_CONDITIONS = {"media", "supports", "layer", "container"}
# The only font files are those of icons, and the charset is that of the page.
_DROPPED = {"font-face", "charset"}
_VARIABLE = re.compile(r"var\(\s*(--[\w-]+)")


def prune_style(css: str, identifiers: set[str]) -> str:
    """Return *css* without the rules that do not apply to a site with these *identifiers*.

    A rule keeps the selectors whose tags, classes and ids are all among the identifiers, and the
    custom properties that some rule still uses. The arguments of a function such as
    ``:not(.wide)`` and attributes in brackets are not checked, because a script may change them.
    Licenses stay.

    Raises:
        ValueError: If the style cannot be parsed.

    >>> prune_style("p, .gone { color: red } .gone em { color: blue }", {"p", "em"})
    'p{color:red}'
    """
    rules, before, properties = _parse(css), "", None
    # A property that only removed properties used is unused too.
    while (style := "".join(_prune(rules, identifiers, properties))) != before:
        before, properties = style, {*_VARIABLE.findall(style), *identifiers}
    return style


@lru_cache(maxsize=1)  # The site has the same style in each language, and parsing takes a second.
def _parse(css: str) -> list[Node]:
    return list(tinycss2.parse_stylesheet(css, skip_whitespace=True))


def _prune(
    rules: Iterable[Node], identifiers: set[str], properties: set[str] | None
) -> Iterator[str]:
    """Yield the text of each rule that is left; all properties are used if they are None."""
    for rule in rules:
        if rule.type == "error":
            raise ValueError(f"The style cannot be read: {rule.message}")
        if rule.type == "comment" and rule.value.startswith("!"):
            yield f"/*{rule.value}*/"
        elif rule.type == "qualified-rule":
            yield _prune_rule(rule, identifiers, properties)
        elif rule.type == "at-rule" and rule.lower_at_keyword in _CONDITIONS and rule.content:
            nested = tinycss2.parse_rule_list(rule.content, skip_whitespace=True)
            if text := "".join(_prune(nested, identifiers, properties)):
                yield f"@{rule.at_keyword} {_text(rule.prelude)}{{{text}}}"
        elif rule.type == "at-rule" and rule.lower_at_keyword not in _DROPPED:
            yield rule.serialize()


def _prune_rule(rule: Node, identifiers: set[str], properties: set[str] | None) -> str:
    selectors = [_text(each) for each in _selectors(rule) if _names(each) <= identifiers]
    declarations = _declarations(rule.content, properties)
    return f"{','.join(selectors)}{{{declarations}}}" if selectors and declarations else ""


def _selectors(rule: Node) -> Iterator[list[Node]]:
    """Yield the selectors of a rule, which commas separate."""
    tokens = [token for token in rule.prelude if token.type != "comment"]
    for is_comma, selector in groupby(tokens, key=lambda token: token == ","):
        if not is_comma:
            yield [*selector]


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


def _declarations(content: list[Node], properties: set[str] | None) -> str:
    """Return the content of a rule without comments, blanks and unused custom properties."""
    parts = []
    for node in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if node.type != "declaration":
            parts.append(node.serialize())
        elif properties is None or not node.name.startswith("--") or node.name in properties:
            important = "!important" if node.important else ""
            parts.append(f"{node.name}:{_text(node.value)}{important}")
    return ";".join(parts)


def _text(tokens: list[Node]) -> str:
    return str(tinycss2.serialize(tokens)).strip()
