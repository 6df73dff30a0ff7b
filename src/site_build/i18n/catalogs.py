"""The catalogs of the translations, merged with the messages of the pages.

A file holds its page's messages in the order of the page, without dates and line numbers, so that
it changes only where a message changed.
"""

from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from site_build.i18n.message import parse_message

LOCALE = Path("docs/locale")
OUTPUTS = Path("outputs.po")
# Messages that no page has, each with the catalog that they are translated in: those of the theme
# that it has no good translation of, next to those of the templates, and those of outputs.
_TEMPLATES = {"theme.pot": Path("sphinx.po"), "diagrams.pot": OUTPUTS, "tables.pot": OUTPUTS}

_WIDTH = 100
_HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def folder(root: Path, language: str) -> Path:
    """Return the folder of the catalogs of *language*; *root* is the folder of conf.py."""
    return root / LOCALE / language / "LC_MESSAGES"


def files(root: Path, language: str) -> list[Path]:
    """Return the catalogs of *language*."""
    return sorted(folder(root, language).rglob("*.po"))


def read(file: Path) -> Catalog:
    """Read a catalog; one that does not exist is empty."""
    if not file.exists():
        return Catalog()
    with file.open("rb") as opened:
        return read_po(opened, abort_invalid=True)


def to_text(catalog: Catalog, language: str) -> str:
    """Format *catalog* as the text of its file."""
    for message in catalog:
        message.flags.discard("python-brace-format")  # Babel takes {glue:text} for it.
    buffer = BytesIO()
    write_po(buffer, catalog, _WIDTH, no_location=True, omit_header=True)
    return _HEADER.format(language=language) + buffer.getvalue().decode().lstrip("\n")


def write(file: Path, catalog: Catalog, language: str) -> None:
    """Write *catalog* into its file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(to_text(catalog, language), encoding="utf-8")


def translated(catalog: Catalog) -> dict[str, str]:
    """Return the translation of each message that has one, except those that are fuzzy."""
    return {
        str(message.id): str(message.string)
        for message in catalog
        if message.id and message.string and not message.fuzzy
    }


def update(root: Path, language: str, extracted: Path, outputs: Iterable[str] = ()) -> None:
    """Merge the messages that were extracted from the pages into the catalogs of *language*.

    A message that is no longer on its page becomes obsolete. A message that changed a little keeps
    its translation, marked as fuzzy. A new message takes the translation that it has in another
    catalog; one without words is its own translation.

    Args:
        root: The folder of conf.py.
        language: Sphinx's name for it.
        extracted: The folder into which the gettext builder wrote.
        outputs: More messages for the catalog of outputs.
    """
    before = {file: read(file) for file in files(root, language)}
    translations: dict[str, str] = {}
    for catalog in before.values():
        translations |= translated(catalog)
    templates = _read_templates(root, extracted, outputs)
    for name, template in templates.items():
        file = folder(root, language) / name
        catalog = before.pop(file, Catalog())
        _reuse_translations(catalog, template, translations)
        catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
        _mark_changed(catalog)
        write(file, catalog, language)
    for file in before:
        file.unlink()


def _read_templates(root: Path, extracted: Path, outputs: Iterable[str]) -> dict[Path, Catalog]:
    """Return the untranslated messages of each catalog."""
    pages = extracted.rglob("*.pot")
    templates = {page.relative_to(extracted).with_suffix(".po"): read(page) for page in pages}
    for source, name in _TEMPLATES.items():
        template = templates.setdefault(name, Catalog())
        for message in read(root / LOCALE / source):
            if message.id:
                template[message.id] = message
    for text in outputs:
        templates[OUTPUTS].add(text)
    return templates


def _reuse_translations(catalog: Catalog, template: Catalog, known: Mapping[str, str]) -> None:
    """Translate what is new or fuzzy in *catalog* with the translations of all catalogs."""
    finished = translated(catalog)
    for message in template:
        text = str(message.id)
        translation = known.get(text) or ("" if parse_message(text).has_words else text)
        if translation and text not in finished:
            catalog.delete(message.id)
            catalog.add(message.id, translation)


def _mark_changed(catalog: Catalog) -> None:
    """Give new messages the translations of obsolete ones that are similar, marked as fuzzy.

    Babel's own fuzzy matching would also use messages that are still there, which mean others.
    """
    obsolete, new = Catalog(), Catalog()
    for message in catalog.obsolete.values():
        if message.string:
            obsolete[message.id] = message
    for message in catalog:
        if message.id and not message.string:
            new.add(message.id)
    obsolete.update(new)
    for message in obsolete:
        if message.id and message.fuzzy:
            catalog[message.id].string = message.string
            catalog[message.id].flags.add("fuzzy")
    catalog.obsolete = obsolete.obsolete
