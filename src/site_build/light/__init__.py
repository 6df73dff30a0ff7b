"""Make a built site light, and safe to open: what is done to its folder before it is published.

A page of the theme asks for some twenty files, three quarters of a megabyte of them compressed.
Here the styles that every page names become one file, with the rules that the site uses, and the
scripts that every page names become another; each page gets a policy that says what may run on it;
and what no page asks for is not published.
"""

import shutil
from pathlib import Path

from site_build.light import marks, plurals
from site_build.light.bundle import bundle
from site_build.light.policy import with_policy

# What the theme and its base bring along, and no page asks for. It includes nothing that a page
# names: the tests look for every file that one does.
UNASKED = (
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


def lighten(site: Path) -> None:
    """Make the site in a folder light, in place.

    Args:
        site: The folder of one site in one language, whole, as Sphinx wrote it.
    """
    for pattern in UNASKED:
        for found in list((site / "_static").glob(pattern)):
            shutil.rmtree(found) if found.is_dir() else found.unlink()
    plurals.as_code(site)
    unseen = marks.unseen((site / "_static" / "pygments.css").read_text(encoding="utf-8"))
    bundle(site)
    for page in site.rglob("*.html"):
        html = marks.without(unseen, page.read_text(encoding="utf-8"))
        page.write_text(with_policy(html), encoding="utf-8")
