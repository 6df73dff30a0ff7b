"""The problems of a Chinese catalog that a program can find.

A translation must keep the links and values of its message, use the terms of the glossary, and
follow the rules of Chinese typography. Markdown is parsed, so that code is not taken for prose.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Message

from site_build.i18n import catalogs
from site_build.i18n.message import OBJECT, parse_message

CHINESE = "zh_CN"
GLOSSARY = catalogs.LOCALE / CHINESE / "glossary.toml"

HAN = "\u3400-\u9fff"
_LATIN = rf"A-Za-z0-9{OBJECT}"
_FULL = "，。；：？！、（）《》“”‘’…—"

# "# without: layer, step" above a message.
_WITHOUT = re.compile(r"without:\s*(.+)")

_STYLE = {
    "a space is needed between Chinese and Latin letters, digits or code": re.compile(
        rf"[{HAN}][{_LATIN}]|[{_LATIN}][{HAN}]"
    ),
    "no space belongs between Chinese characters": re.compile(rf"[{HAN}]\s+[{HAN}]"),
    "no space belongs next to a full-width mark": re.compile(rf"\s[{_FULL}]|[{_FULL}]\s"),
    "a half-width mark is in a Chinese sentence": re.compile(
        r"(?<![A-Za-z0-9])[,;:?!'\"]|[,;:?!'\"](?![A-Za-z0-9])|[()]|\.(?![A-Za-z0-9])"
    ),
    "quotation marks are “ ” and ‘ ’": re.compile("[「」『』]"),
    "letters and digits are half-width": re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]"),
    "an ellipsis is …… and a dash ——": re.compile(r"(?<!…)…(?!…)|。。|(?<!—)—(?!—)|–|--"),
    "Markdown was not read as such": re.compile(r"[*`]|\]\(|\{[a-z:]+\}`"),
}


@dataclass(frozen=True)
class Term:
    """An entry of the glossary.

    Args:
        english: The words for it on the pages.
        chinese: The words of which a translation must have one.
        forbidden: The words that no translation may have.
    """

    english: tuple[str, ...]
    chinese: tuple[str, ...]
    forbidden: tuple[str, ...]

    @property
    def pattern(self) -> re.Pattern[str]:
        """The pattern that finds the term, in singular and plural."""
        words = "|".join(re.escape(word).replace(r"\ ", r"\s") for word in self.english)
        return re.compile(rf"\b(?:{words})s?\b", re.IGNORECASE)


def read_glossary(root: Path) -> tuple[Term, ...]:
    """Return the glossary of the site in *root*, the longest terms first."""
    entries = tomllib.loads((root / GLOSSARY).read_text(encoding="utf-8"))["terms"]
    terms = [Term(tuple(entry["en"]), tuple(entry["zh"]), tuple(entry["not"])) for entry in entries]
    return tuple(sorted(terms, key=lambda term: -max(map(len, term.english))))


def find_problems(file: Path, glossary: Iterable[Term]) -> Iterator[str]:
    """Yield the problems of the catalog in *file*."""
    catalog = catalogs.read(file)
    for message in catalog:
        if message.id:
            for problem in _problems(message, glossary):
                yield f"{problem}\n    {message.id}\n    {message.string}"
    for message in catalog.obsolete.values():
        yield f"obsolete, it is no longer on the page: delete it\n    {message.id}"
    if file.read_text(encoding="utf-8") != catalogs.to_text(catalog, CHINESE):
        yield "the file is not formatted; `make catalog-lint` formats it"


def _problems(message: Message, glossary: Iterable[Term]) -> Iterator[str]:
    if not message.string:
        yield "not translated"
        return
    if message.fuzzy:
        yield "fuzzy, the page has changed: fix the translation and delete the word `fuzzy`"
    english, chinese = parse_message(str(message.id)), parse_message(str(message.string))
    if message.string == message.id and not english.has_words:
        return
    for what, source, other in (("lost", english, chinese), ("added", chinese, english)):
        code = [f"`{each}`" for each in source.code - other.code]
        for thing in [*(source.objects - other.objects), *code]:
            yield f"{what}: {thing}"
    if chinese.blocks != english.blocks:
        yield f"Markdown reads {chinese.blocks} where the page has {english.blocks}"
    yield from _style(chinese.prose)
    comment = " ".join(message.user_comments)
    yield from _terms(english.prose, chinese.prose, comment, glossary)


def _style(prose: str) -> Iterator[str]:
    if not re.search(f"[{HAN}]", prose):
        return
    for what, pattern in _STYLE.items():
        if found := pattern.search(prose):
            around = prose[max(found.start() - 8, 0) : found.end() + 8].replace(OBJECT, "…")
            yield f"{what}: {around!r}"


def _terms(english: str, chinese: str, comment: str, glossary: Iterable[Term]) -> Iterator[str]:
    given = _WITHOUT.search(comment)
    without = {term.strip() for term in given[1].split(",")} if given else set()
    for term in glossary:
        for word in term.forbidden:
            if word in chinese:
                yield f"the glossary forbids {word}: write {' or '.join(term.chinese)}"
        # A term that was found is removed, so that a shorter term does not find it again.
        english, found = term.pattern.subn(" | ", english)
        if found and not without & {*term.english} and not any(map(chinese.count, term.chinese)):
            yield f"the glossary has {' or '.join(term.chinese)} for {term.english[0]!r}"
