"""Make one style of the styles that every page names, and one script of the scripts."""

import os
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from site_build.light.styles import used
from site_build.light.words import words_of


@dataclass(frozen=True)
class Kind:
    """How a page names a file of one kind, and the file that all of them become."""

    named: re.Pattern[str]
    tag: str
    file: str


STYLE = Kind(
    re.compile(r'\s*<link (?=[^>]*rel="stylesheet")[^>]*href="([^"?]*)[^"]*"[^>]*>'),
    '\n    <link rel="stylesheet" href="{}" />',
    "_static/site-style.css",
)
SCRIPT = Kind(
    re.compile(r'\s*<script [^>]*src="([^"?]*)[^"]*"[^>]*></script>'),
    '\n    <script src="{}"></script>',
    "_static/site-script.js",
)


def bundle(site: Path) -> None:
    """Let every page of a site name one style and one script instead of their parts, which go.

    What only some pages name, these name still.

    Args:
        site: The folder of the site.
    """
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(site.rglob("*.html"))}
    words = words_of(pages.values(), (_text(file) for file in sorted(site.rglob("*.js"))))
    for kind in (STYLE, SCRIPT):
        parts = _named_by_all(pages, kind)
        text = "".join(map(_text, parts))
        if kind is STYLE:
            text = used(text, words)
        (site / kind.file).write_text(text, encoding="utf-8")
        # A browser that has an older one asks for this one.
        version = sha256(text.encode()).hexdigest()[:8]
        for path, page in pages.items():
            address = f"{os.path.relpath(site / kind.file, path.parent)}?v={version}"
            pages[path] = _with_one(path, page, kind, parts, Path(address).as_posix())
        for part in parts:
            part.unlink()
    for path, page in pages.items():
        path.write_text(page, encoding="utf-8")


def _named_by_all(pages: dict[Path, str], kind: Kind) -> list[Path]:
    """Return the files that all pages name, in the order in which they do."""
    named = [
        [_file(path, name) for name in kind.named.findall(page)] for path, page in pages.items()
    ]
    return [file for file in named[0] if all(file in files for files in named)]


def _with_one(path: Path, page: str, kind: Kind, parts: list[Path], address: str) -> str:
    """Return *page* naming *address* where it named the first of the parts."""
    tags = [tag for tag in kind.named.finditer(page) if _file(path, tag[1]) in parts]
    first = tags[0].start()
    for tag in reversed(tags):
        page = page[: tag.start()] + page[tag.end() :]
    return page[:first] + kind.tag.format(address) + page[first:]


def _file(page: Path, name: str) -> Path:
    return Path(os.path.normpath(page.parent / name))


def _text(file: Path) -> str:
    """Return the text of a style or a script, ended so that another can follow."""
    text = file.read_text(encoding="utf-8")
    return text + (";\n" if file.suffix == ".js" else "\n")
