"""The addresses within the site, which must stay because other sites may link to them."""

import re
from pathlib import Path

LIST = Path("tests/anchors.txt")
# Sections, their other names, and the objects of the package.
_ANCHOR = re.compile(r'<(?:section|dt class="sig[^"]*"|span)\s+id="([^"]+)"')


def find_anchors(site: Path) -> set[str]:
    """Return the address of every page in the folder of a language, and of every place in it."""
    found = set()
    for folder in ("", "docs/**/", "examples/"):
        for page in site.glob(f"{folder}*.html"):
            address = page.relative_to(site).as_posix()
            article = page.read_text(encoding="utf-8").partition("<article")[2]
            if article:
                found |= {address, *(f"{address}#{name}" for name in _ANCHOR.findall(article))}
    return found


def add_anchors(file: Path, site: Path) -> int:
    """Add the new addresses of *site* to the list in *file*, and return how many; remove none."""
    before = {*file.read_text(encoding="utf-8").splitlines()} if file.exists() else set()
    after = before | find_anchors(site)
    file.write_text("\n".join(sorted(after)) + "\n", encoding="utf-8")
    return len(after - before)
