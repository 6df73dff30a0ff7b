"""Optimize the files of a built site, and protect its pages, before it is published.

A page of the theme loads about twenty files, 750 KB of them compressed. Here the styles that every
page links become one file, with only the rules that the site uses, and the scripts that every page
links become another; each page gets a policy of what may run on it; and files that no page links
are deleted.
"""

import shutil
from pathlib import Path

from site_build.assets.bundle import bundle_files
from site_build.assets.memo import Memo
from site_build.assets.plurals import inline_plural_rule
from site_build.assets.policy import add_policy
from site_build.assets.pygments_spans import remove_word_spans

# Files of the theme and its base that no page links; the tests check that every linked file exists.
UNUSED_FILES = (
    "**/*.map",
    "**/*.LICENSE.txt",
    "**/*-macros.html",
    "locales",
    "vendor",
    "images/logo_*",
    "scripts/bootstrap.js",
    "scripts/fontawesome.js",
    "styles/theme.css",
    "*-stemmer.js",
    "file.png",
    "minus.png",
    "plus.png",
    "*button.svg",
    "*-solid.svg",
    "copybutton_funcs.js",
    "searchtools.js",
    "language_data.js",
)


def optimize_assets(site: Path, memo: Memo) -> None:
    """Optimize the site of one language, in the folder into which Sphinx wrote it."""
    for pattern in UNUSED_FILES:
        for found in list((site / "_static").glob(pattern)):
            shutil.rmtree(found) if found.is_dir() else found.unlink()
    inline_plural_rule(site)
    bundle_files(site, memo)
    for page in site.rglob("*.html"):
        html = remove_word_spans(page.read_text(encoding="utf-8"))
        page.write_text(add_policy(html), encoding="utf-8")
