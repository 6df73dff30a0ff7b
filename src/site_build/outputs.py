"""Diagrams say the same in words, for who does not see them: here those words are translated.

They come out of a run, which all languages share, so that no page has them for a catalogue. They
are few sentences with values in them; docs/locale/pictures.pot lists them, each value a {name}.
"""

import re
from collections.abc import Mapping
from html import escape, unescape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from site_build import catalogues
from site_build.languages import ENGLISH

logger = logging.getLogger(__name__)

DIAGRAM = 'class="rnn-diagram'
# Each has its words for itself, without markup.
_WORDS = re.compile(r"(?P<before><title\b[^>]*>|<desc\b[^>]*>|\baria-label=\")(?P<words>[^<\"]+)")
_VALUE = re.compile(r"\{(\w+)\}")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.connect("doctree-read", _translate)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _translate(app: Sphinx, doctree: nodes.document) -> None:
    language = app.config.language
    file = Path(app.srcdir, catalogues.folder(language), "pictures.po")
    if language == ENGLISH or not file.exists():
        return
    translations = {str(one.id): str(one.string) for one in catalogues.read(file) if one.id}
    for raw in doctree.findall(nodes.raw):
        if DIAGRAM not in raw.astext():
            continue
        html = raw.astext()
        for found in _WORDS.finditer(html):
            try:
                said = translate(unescape(found["words"]), translations)
            except KeyError as error:
                logger.warning(
                    "A diagram says %s, which %s does not know.",
                    error,
                    catalogues.PICTURES,
                    location=raw,
                )
            else:
                html = html.replace(found[0], found["before"] + escape(said))
        raw.children[:] = [nodes.Text(html)]


def translate(words: str, translations: Mapping[str, str]) -> str:
    """Translate the words of a diagram.

    Args:
        words: Sentences that end in full stops, or a title.
        translations: For each sentence its translation, both with values as ``{name}``, and for
            each word that a value may hold its own.

    Raises:
        KeyError: If there is a sentence among *words* that none of the *translations* fits.

    >>> translations = {"Equal: {values}.": "相等：{values}。", "beside": "与"}
    >>> translate("Equal: h₁ beside h₂. Equal: x.", translations)
    '相等：h₁ 与 h₂。相等：x。'
    """
    return "".join(_sentence(one, translations) for one in re.split(r"(?<=\.) ", words))


def _sentence(sentence: str, translations: Mapping[str, str]) -> str:
    # The more a pattern says itself, the better it fits.
    for known in sorted(translations, key=lambda one: -len(_VALUE.sub("", one))):
        literals = _VALUE.split(known)[::2]
        names = _VALUE.findall(known)
        found = re.fullmatch("(.+)".join(map(re.escape, literals)), sentence)
        if found:
            values = {
                name: " ".join(translations.get(word, word) for word in value.split(" "))
                for name, value in zip(names, found.groups(), strict=True)
            }
            return (translations[known] or known).format(**values)
    raise KeyError(sentence)
