"""The whole site in one file, to read it without a network."""

import re
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

NAME = "keras-rnn-returns.zip"
# The files of the model checker: no page that is opened from a disk can run them.
TOOL = "tool"
MEGABYTE = 10**6
# The link to the file on a page, and the place of its size, which is not known until the end.
_LINK = re.compile(r'\s*<p class="offline">.*?</p>', re.DOTALL)
_SIZE = re.compile(r'(<span class="archive-size">)[^<]*')


def write_archive(site: Path) -> None:
    """Put the files of a folder into one file there, and write its size on pages that link it.

    The model checker is not among them.

    The bytes depend only on those of the files. Within the archive no page links it.
    """
    files = sorted(
        path for path in site.rglob("*") if path.is_file() and path.parent != site / TOOL
    )
    with ZipFile(site / NAME, "w", ZIP_DEFLATED, compresslevel=9) as archive:
        for file in files:
            content = file.read_bytes()
            if file.suffix == ".html":
                content = _LINK.sub("", content.decode()).encode()
            # Without the time and the permissions of the file.
            entry = ZipInfo(f"{Path(NAME).stem}/{file.relative_to(site).as_posix()}")
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, ZIP_DEFLATED, 9)
    size = f"{(site / NAME).stat().st_size / MEGABYTE:.1f} MB"
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        page.write_text(_SIZE.sub(rf"\g<1>{size}", text), encoding="utf-8")
