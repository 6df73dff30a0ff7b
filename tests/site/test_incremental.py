"""A build of what changed publishes the bytes of a clean build, whatever was edited."""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from signal import SIGINT
from time import sleep

import pytest
from support.sites import ROOT, Site, SmallSite, cell

from site_build.incremental.record import RECORD

HTML = "site_build", "html"
NOTHING = "Nothing changed since the last build."
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><rect width="{}"/></svg>'
CATALOG = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Some prose."\n'
TRANSLATION = "docs/locale/zh_CN/LC_MESSAGES/docs/page.po"
NOTE = "src/rnn_returns/note.py"

PAGE = f"""Some prose.

{cell("import rnn_returns.note; rnn_returns.note.TEXT")}

The sum is {{glue:text}}`values.md::sum:s`, see [there](values.md#a-heading).

![A diagram](picture.svg)
"""
VALUES = f"""## A heading

{cell('from myst_nb import glue; glue("sum", "two", display=False)')}
"""
DATA = cell("print(open('data.txt').read())")


class SiteWithSource(SmallSite):
    """A site in two languages, built by its own copy of our packages."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        super().__init__(folder)
        self.write_index("docs/page", "docs/values", "docs/data")
        self.write_page(PAGE)
        self.write_page(VALUES, "docs/values")
        self.write_page(DATA, "docs/data", "reads: [data.txt]\n")
        self.write("docs/data.txt", "a")
        self.write("docs/picture.svg", PICTURE.format(1))
        self.write(TRANSLATION, f'{CATALOG}msgstr "一些文字。"\n')
        caches = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "src", folder / "src", ignore=caches)
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, folder)
        self.write(NOTE, '"""Text of a page."""\n\nTEXT = "old"\n')

    def build(self) -> "subprocess.CompletedProcess[str]":
        """Build what changed."""
        return self.run(*HTML, CI="", PYTHONPATH=str(self.folder / "src"))

    def replace(self, name: str, old: str, new: str) -> None:
        """Replace text in a file of the site."""
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))


def add_page(site: SiteWithSource) -> None:
    site.write_page("More.", "docs/more")
    site.write_index("docs/page", "docs/values", "docs/data", "docs/more")


def remove_page(site: SiteWithSource) -> None:
    (site.folder / "docs/more.md").unlink()
    site.write_index("docs/page", "docs/values", "docs/data")


def rename_heading(site: SiteWithSource) -> None:
    site.replace("docs/values.md", "## A heading", "## Another heading")
    site.replace("docs/page.md", "values.md#a-heading", "values.md#another-heading")


def remove_image(site: SiteWithSource) -> None:
    site.replace("docs/page.md", "![A diagram](picture.svg)\n", "")
    (site.folder / "docs/picture.svg").unlink()


# Each starts from what the one before it left.
EDITS: dict[str, Callable[[SiteWithSource], None]] = {
    "prose": lambda site: site.replace("docs/page.md", "The sum", "Their sum"),
    "code": lambda site: site.replace("docs/data.md", "print(", "print('b', "),
    "a value that another page shows": lambda site: site.replace("docs/values.md", "two", "three"),
    "a new page": add_page,
    "a removed page": remove_page,
    "a heading that another page links to": rename_heading,
    "the package": lambda site: site.replace(NOTE, "old", "new"),
    "a setting": lambda site: site.replace("conf.py", "What Keras RNNs return", "A title"),
    "a template": lambda site: site.replace("docs/_templates/404.html", "</h1>", "!</h1>"),
    "a style sheet": lambda site: site.replace(
        "docs/_static/site.css", "\nhtml {", "\nhtml {\n  accent-color: red;"
    ),
    "a translation": lambda site: site.replace(TRANSLATION, "一些文字。", "几句话。"),
    "a declared file": lambda site: site.write("docs/data.txt", "c"),
    "an image": lambda site: site.write("docs/picture.svg", PICTURE.format(2)),
    "a removed image": remove_image,
    "code that is gone": lambda site: site.write_page("No code.", "docs/data"),
}


def follow(tmp_path: Path, edits: Sequence[str]) -> None:
    """Make edits in sequence; after each compare the site with a clean build of its sources."""
    site = SiteWithSource(tmp_path / "site")
    assert site.build().returncode == 0
    assert NOTHING in site.build().stdout
    for name in edits:
        before = site.published_files()
        EDITS[name](site)
        result = site.build()
        assert result.returncode == 0, (name, result.stdout)
        found, expected = site.published_files(), clean_build(site, tmp_path / "clean")

        assert found != before, name
        assert found.keys() == expected.keys(), name
        assert [file for file in found if found[file] != expected[file]] == [], name


def clean_build(site: SiteWithSource, folder: Path) -> dict[str, bytes]:
    """Build a copy of the sources of *site* from scratch; return the files."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(site.folder, folder, ignore=shutil.ignore_patterns("_build", "__pycache__"))
    copy = Site(folder)
    result = copy.run(*HTML, CI="true", PYTHONPATH=str(folder / "src"))
    assert result.returncode == 0, result.stdout
    return copy.published_files()


def test_the_most_frequent_edits(tmp_path: Path) -> None:
    """After each edit the site has the bytes of a clean build."""
    follow(tmp_path, ["prose", "a value that another page shows"])


@pytest.mark.slow
def test_every_kind_of_edit(tmp_path: Path) -> None:
    """After each edit the site has the bytes of a clean build."""
    follow(tmp_path, list(EDITS))


def test_what_is_broken_is_built_again(tmp_path: Path) -> None:
    """A lost or edited file is restored, and a build that is interrupted changes nothing."""
    site = SiteWithSource(tmp_path / "site")
    assert site.build().returncode == 0
    before = site.published_files()
    (site.folder / "_build/html/docs/page.html").unlink()
    site.write("_build/html/docs/data.html", "nothing")

    assert site.build().returncode == 0
    assert site.published_files() == before

    site.replace("docs/page.md", "Some prose.", "Other prose.")
    process = site.start_command(*HTML, CI="", PYTHONPATH=str(site.folder / "src"))
    while (site.folder / RECORD).exists():
        sleep(0.01)
    process.send_signal(SIGINT)
    process.communicate()

    assert process.returncode != 0
    assert site.published_files() == before
    site.replace("docs/page.md", "Other prose.", "Some prose.")
    assert site.build().returncode == 0
    assert site.published_files() == before
