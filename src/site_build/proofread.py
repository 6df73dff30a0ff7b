"""What is wrong with a Chinese catalogue, so far as a program can tell: ``problems`` says it.

A translation must keep what its sentence points to and shows, use the glossary's terms, and be set
as Chinese is set. Markdown is parsed, so that code is not taken for prose.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.messages.catalog import Message

from site_build import catalogues
from site_build.sentence import OBJECT, take_apart

GLOSSARY = catalogues.LOCALE / "zh_CN" / "glossary.toml"

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
    "no space belongs beside a full-width mark": re.compile(rf"\s[{_FULL}]|[{_FULL}]\s"),
    "a half-width mark stands in a Chinese sentence": re.compile(
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
        english: How a page may write it.
        chinese: What its translation must have one of.
        forbidden: What no translation may have.
    """

    english: tuple[str, ...]
    chinese: tuple[str, ...]
    forbidden: tuple[str, ...]

    @property
    def pattern(self) -> re.Pattern[str]:
        """What finds the term, in singular and plural."""
        words = "|".join(re.escape(word).replace(r"\ ", r"\s") for word in self.english)
        return re.compile(rf"\b(?:{words})s?\b", re.IGNORECASE)


@cache
def glossary() -> tuple[Term, ...]:
    """Return the glossary, the longest terms first."""
    entries = tomllib.loads(GLOSSARY.read_text(encoding="utf-8"))["terms"]
    terms = [Term(tuple(one["en"]), tuple(one["zh"]), tuple(one["not"])) for one in entries]
    return tuple(sorted(terms, key=lambda term: -max(map(len, term.english))))


def problems(file: Path) -> Iterator[str]:
    """Yield what is wrong with the catalogue in *file*."""
    catalogue = catalogues.read(file)
    for message in catalogue:
        if message.id:
            for problem in _problems(message):
                yield f"{problem}\n    {message.id}\n    {message.string}"
    for message in catalogue.obsolete.values():
        yield f"obsolete, the page says it no more: delete it\n    {message.id}"
    if file.read_text(encoding="utf-8") != catalogues.text_of(catalogue, "zh_CN"):
        yield "the file is not written the one way; `make proofread` does it"


def _problems(message: Message) -> Iterator[str]:
    # Sphinx has no plurals.
    assert isinstance(message.id, str)
    assert isinstance(message.string, str)
    if not message.string:
        yield "not translated"
        return
    if message.fuzzy:
        yield "fuzzy, the page has changed: mend the translation and delete the word `fuzzy`"
    english, chinese = take_apart(message.id), take_apart(message.string)
    if message.string == message.id and not english.has_words:
        return
    for what, one, other in (("lost", english, chinese), ("added", chinese, english)):
        for thing in [*(one.kept - other.kept), *(f"`{code}`" for code in one.code - other.code)]:
            yield f"{what}: {thing}"
    if chinese.blocks != english.blocks:
        yield f"Markdown reads {chinese.blocks} where the page has {english.blocks}"
    yield from _style(chinese.prose)
    yield from _terms(english.prose, chinese.prose, " ".join(message.user_comments))


def _style(prose: str) -> Iterator[str]:
    if not re.search(f"[{HAN}]", prose):
        return
    for what, pattern in _STYLE.items():
        if found := pattern.search(prose):
            around = prose[max(found.start() - 8, 0) : found.end() + 8].replace(OBJECT, "…")
            yield f"{what}: {around!r}"


def _terms(english: str, chinese: str, comment: str) -> Iterator[str]:
    given = _WITHOUT.search(comment)
    without = {term.strip() for term in given[1].split(",")} if given else set()
    for term in glossary():
        for word in term.forbidden:
            if word in chinese:
                yield f"the glossary forbids {word}: write {' or '.join(term.chinese)}"
        # What is found is taken out, so that a shorter term does not find it again.
        english, found = term.pattern.subn(" | ", english)
        if found and not without & {*term.english} and not any(map(chinese.count, term.chinese)):
            yield f"the glossary has {' or '.join(term.chinese)} for {term.english[0]!r}"
