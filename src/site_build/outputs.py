"""Some outputs speak in sentences: here they are translated, for all languages share the outputs.

They are what diagrams say to who does not see them, and the tables of the atlas. The catalogue
`outputs.po` has their sentences, with a {name} for each value: those of docs/locale/diagrams.pot,
and those of the atlas, which lists them itself.
"""

import re
from collections.abc import Mapping
from functools import cache, partial
from html import escape, unescape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from site_build import catalogues
from site_build.languages import ENGLISH

logger = logging.getLogger(__name__)

# By what an output is known, and which of its texts are words; each has no markup inside.
_WORDS = {
    "rnn-diagram": re.compile(
        r"(?P<before><title\b[^>]*>|<desc\b[^>]*>|\baria-label=\")(?P<words>[^<\"]+)"
    ),
    # What is marked as English is what Keras itself says.
    "rnn-table atlas": re.compile(r"(?P<before><(?![^>]*lang=\"en\")[^>]*>)(?P<words>[^<]+)"),
}
_VALUE = re.compile(r"\{(\w+)\}")
# Two words side by side are language; one alone may be a name.
_LANGUAGE = re.compile(r"\b[a-z]{2,} [A-Za-z]|\d [a-z]{2,}\b")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.connect("doctree-read", _translate)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _translate(app: Sphinx, doctree: nodes.document) -> None:
    language = app.config.language
    file = Path(app.srcdir, catalogues.folder(language), catalogues.OUTPUTS)
    if language == ENGLISH or not file.exists():
        return
    for raw in doctree.findall(nodes.raw):
        for output, words in _WORDS.items():
            if f'class="{output}' in raw.astext():
                html = words.sub(partial(_translated, _translator(file), raw), raw.astext())
                raw.children[:] = [nodes.Text(html)]


@cache  # Most pages have an output that speaks.
def _translator(file: Path) -> "Translator":
    messages = [one for one in catalogues.read(file) if one.id]
    return Translator({str(one.id): str(one.string) for one in messages})


def _translated(translator: "Translator", raw: nodes.raw, found: re.Match[str]) -> str:
    try:
        said = translator.translate(unescape(found["words"]))
    except KeyError as error:
        logger.warning(
            "An output says %s, which %s does not know: `make translate` adds what the atlas says; "
            "what a diagram says is added to %s.",
            error,
            catalogues.OUTPUTS,
            catalogues.DIAGRAMS,
            location=raw,
        )
        return found[0]
    return found["before"] + escape(said)


class Translator:
    """Translates what an output says.

    Args:
        translations: For each sentence its translation, both with values as ``{name}`` and code in
            backticks, and for each word that a value may hold its own.

    >>> translations = {"Equal: {values}.": "相等：{values}。", "beside": "与", ": ": "："}
    >>> translator = Translator(translations | {"Masks": "掩码", "is `h` equal?": "`h` 相等吗？"})
    >>> translator.translate("Equal: h₁ beside h₂. Equal: x.")
    '相等：h₁ 与 h₂。相等：x。'
    >>> translator.translate("Masks: is h equal?")
    '掩码：h 相等吗？'
    """

    def __init__(self, translations: Mapping[str, str]) -> None:
        self._known = {
            english.replace("`", ""): (translation or english).replace("`", "")
            for english, translation in translations.items()
        }
        # The more a pattern says itself, the better it fits.
        self._patterns = [
            (re.compile("(.+)".join(map(re.escape, _VALUE.split(one)[::2]))), one)
            for one in sorted(self._known, key=lambda one: -len(_VALUE.sub("", one)))
            if _VALUE.search(one)
        ]

    def translate(self, words: str) -> str:
        """Translate *words*: a sentence, several, or one behind what it is about and a colon.

        Raises:
            KeyError: If there is something in *words* that nobody has translated.
        """
        if words in self._known:
            return self._known[words]
        sentences = re.split(r"(?<=\.) ", words)
        if len(sentences) > 1:
            return "".join(map(self.translate, sentences))
        if fitting := self._fitting(words):
            return fitting
        about, colon, rest = words.partition(": ")
        if colon:
            return self.translate(about) + self._known.get(colon, colon) + self.translate(rest)
        if _LANGUAGE.search(words):
            raise KeyError(words)
        return words

    def _fitting(self, words: str) -> str:
        for pattern, known in self._patterns:
            if found := pattern.fullmatch(words):
                values = [
                    " ".join(self._known.get(word, word) for word in value.split(" "))
                    for value in found.groups()
                ]
                # Else it fits by chance.
                if not any(": " in value or _LANGUAGE.search(value) for value in values):
                    names = _VALUE.findall(known)
                    return self._known[known].format(**dict(zip(names, values, strict=True)))
        return ""
