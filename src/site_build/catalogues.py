"""The catalogues of the translations, merged with what the pages say now.

A file holds its page's messages in the order of the page, without dates and line numbers, so that
it changes where a sentence changed and nowhere else.
"""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from site_build.sentence import take_apart

LOCALE = Path("docs/locale")
# Words of the theme that it has no good translation of; the templates' catalogue has them too.
THEME = LOCALE / "theme.pot"
# What diagrams say, which no page does, because they are outputs; see outputs.py.
DIAGRAMS = LOCALE / "diagrams.pot"
OUTPUTS = Path("outputs.po")

_WIDTH = 100
_HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def folder(language: str) -> Path:
    """Name the folder of the catalogues of *language*, where Sphinx looks for them."""
    return LOCALE / language / "LC_MESSAGES"


def files(language: str) -> list[Path]:
    """Return the catalogues of *language*."""
    return sorted(folder(language).rglob("*.po"))


def read(file: Path) -> Catalog:
    """Read a catalogue."""
    with file.open("rb") as opened:
        return read_po(opened, abort_invalid=True)


def text_of(catalogue: Catalog, language: str) -> str:
    """Write *catalogue* the one way that its file should be written."""
    for message in catalogue:
        message.flags.discard("python-brace-format")  # Babel takes {glue:text} for it.
    buffer = BytesIO()
    write_po(buffer, catalogue, _WIDTH, no_location=True, omit_header=True)
    return _HEADER.format(language=language) + buffer.getvalue().decode().lstrip("\n")


def tidy(file: Path, language: str) -> None:
    """Write the catalogue in *file* the one way, without changing what it says."""
    file.write_text(text_of(read(file), language), encoding="utf-8")


def update(language: str, extracted: Path, outputs: Iterable[str] = ()) -> None:
    """Bring the catalogues of *language* up to the messages that were extracted from the pages.

    What a page says no more is marked as obsolete, and a sentence that changed a little keeps its
    translation, marked as fuzzy. A new message that another page has too takes its translation,
    and one without words is its own.

    Args:
        language: Under Sphinx's name for it.
        extracted: The folder into which the gettext builder wrote.
        outputs: More messages for the catalogue of what outputs say.
    """
    known = {one.id: one.string for file in files(language) for one in _done(read(file))}
    templates = {
        file.relative_to(extracted).with_suffix(".po"): read(file)
        for file in extracted.rglob("*.pot")
    }
    for source, domain in ((THEME, Path("sphinx.po")), (DIAGRAMS, OUTPUTS)):
        template = templates.setdefault(domain, Catalog())
        for message in read(source) if source.exists() else []:
            template[message.id] = message
    for words in outputs:
        templates[OUTPUTS].add(words)
    for name, template in templates.items():
        file = folder(language) / name
        catalogue = read(file) if file.exists() else Catalog()
        done = {message.id for message in _done(catalogue)}
        for message in template:
            if message.id and message.id not in done:
                translation = known.get(message.id) or _same(message)
                if translation:
                    catalogue.delete(message.id)
                    catalogue.add(message.id, translation)
        catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
        _keep_changed(catalogue)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text_of(catalogue, language), encoding="utf-8")
    for file in files(language):
        if file.relative_to(folder(language)) not in templates:
            file.unlink()


def _keep_changed(catalogue: Catalog) -> None:
    """Give new messages of *catalogue* the translations of obsolete ones that are like them.

    Babel would also take those of messages that are still there, which are other sentences.
    """
    gone, new = Catalog(), Catalog()
    for message in catalogue.obsolete.values():
        if message.string:
            gone[message.id] = message
    for message in catalogue:
        if message.id and not message.string:
            new.add(message.id)
    gone.update(new)
    for message in gone:
        if message.id and message.fuzzy:
            catalogue[message.id].string = message.string
            catalogue[message.id].flags.add("fuzzy")
    catalogue.obsolete = gone.obsolete


def _done(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id and message.string and not message.fuzzy]


def _same(message: Message) -> str:
    text = str(message.id)
    return "" if take_apart(text).has_words else text
