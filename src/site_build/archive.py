"""The whole site in one file, to read it without a network."""

import re
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

NAME = "keras-rnn-returns.zip"
MEGABYTE = 10**6
# What a page says of the file, and where in it the size belongs, which is known at the end.
_OFFER = re.compile(r'\s*<p class="offline">.*?</p>', re.DOTALL)
_SIZE = re.compile(r'(<span class="archive-size">)[^<]*')


def write_archive(site: Path) -> None:
    """Put all files of a site into one beside them, and say its size on the pages that offer it.

    The bytes depend on those of the files alone. Within the archive no page offers it.

    Args:
        site: The folder of the whole site.
    """
    files = sorted(path for path in site.rglob("*") if path.is_file())
    with ZipFile(site / NAME, "w", ZIP_DEFLATED, compresslevel=9) as archive:
        for file in files:
            content = file.read_bytes()
            if file.suffix == ".html":
                content = _OFFER.sub("", content.decode()).encode()
            # Without the time and the rights that the file happens to have.
            entry = ZipInfo(f"{Path(NAME).stem}/{file.relative_to(site).as_posix()}")
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, ZIP_DEFLATED, 9)
    size = f"{(site / NAME).stat().st_size / MEGABYTE:.1f} MB"
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        page.write_text(_SIZE.sub(rf"\g<1>{size}", text), encoding="utf-8")
