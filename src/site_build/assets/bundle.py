"""Combine the styles that every page links into one style, and the scripts into one script."""

import os
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from site_build.assets.css_identifiers import collect_identifiers, select_mentioned
from site_build.assets.memo import Memo
from site_build.assets.styles import prune_style


@dataclass(frozen=True)
class AssetType:
    """How a page links a file of one type, and the file that all of them become."""

    link: re.Pattern[str]
    tag: str
    file: str


STYLE = AssetType(
    re.compile(r'<link (?=[^>]*rel="stylesheet")[^>]*href="([^"?]*)[^"]*"[^>]*>'),
    '\n    <link rel="stylesheet" href="{}" />',
    "_static/site-style.css",
)
SCRIPT = AssetType(
    re.compile(r'<script [^>]*src="([^"?]*)[^"]*"[^>]*></script>'),
    '\n    <script src="{}"></script>',
    "_static/site-script.js",
)


def bundle_files(site: Path, memo: Memo) -> None:
    """Let every page in a folder link one style and one script instead of many, which are deleted.

    Files that only some pages link stay.

    Args:
        site: The folder.
        memo: What the last build computed; only what changed is computed again.
    """
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(site.rglob("*.html"))}
    scripts = (_text(file) for file in sorted(site.rglob("*.js")))
    identifiers = collect_identifiers([], scripts)
    identifiers.update(*(memo.recall(_list_identifiers, page) for page in pages.values()))
    for kind in (STYLE, SCRIPT):
        parts = _linked_by_all(pages, kind)
        text = "".join(map(_text, parts))
        if kind is STYLE:
            text = memo.recall(_prune, text, *sorted(select_mentioned(text, identifiers)))
        (site / kind.file).write_text(text, encoding="utf-8")
        # A browser that has an older one loads this one.
        version = sha256(text.encode()).hexdigest()[:8]
        for path, page in pages.items():
            address = f"{os.path.relpath(site / kind.file, path.parent)}?v={version}"
            pages[path] = _link_bundle(path, page, kind, parts, Path(address).as_posix())
        for part in parts:
            part.unlink()
    for path, page in pages.items():
        path.write_text(page, encoding="utf-8")


def _list_identifiers(page: str) -> list[str]:
    return sorted(collect_identifiers([page], []))


def _prune(style: str, *identifiers: str) -> str:
    return prune_style(style, {*identifiers})


def _linked_by_all(pages: dict[Path, str], kind: AssetType) -> list[Path]:
    """Return the files that all pages link, in their order there."""
    linked = [
        [_file(path, name) for name in kind.link.findall(page)] for path, page in pages.items()
    ]
    return [file for file in linked[0] if all(file in files for files in linked)]


def _link_bundle(path: Path, page: str, kind: AssetType, parts: list[Path], address: str) -> str:
    """Return *page* with a link to *address* in place of the links to the parts."""
    tags = [tag for tag in kind.link.finditer(page) if _file(path, tag[1]) in parts]
    before = page[: tags[0].start()].rstrip()
    for tag in reversed(tags):
        page = page[: tag.start()].rstrip() + page[tag.end() :]
    return before + kind.tag.format(address) + page[len(before) :]


def _file(page: Path, name: str) -> Path:
    return Path(os.path.normpath(page.parent / name))


def _text(file: Path) -> str:
    """Return the text of a style or a script, ended so that another can follow."""
    text = file.read_text(encoding="utf-8")
    return text + (";\n" if file.suffix == ".js" else "\n")
