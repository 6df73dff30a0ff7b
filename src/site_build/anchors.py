"""The addresses within the site that others may have linked to, and so have to stay."""

import re
from pathlib import Path

LIST = Path("tests/anchors.txt")
# Sections, the names that they have besides, and what the package offers.
_ANCHOR = re.compile(r'<(?:section|dt class="sig[^"]*"|span)\s+id="([^"]+)"')


def anchors(site: Path) -> set[str]:
    """Return the address of every page of a site in one language, and of every place in it.

    Args:
        site: The folder of the site.
    """
    found = set()
    for folder in ("", "docs/**/", "examples/"):
        for page in site.glob(f"{folder}*.html"):
            address = page.relative_to(site).as_posix()
            article = page.read_text(encoding="utf-8").partition("<article")[2]
            if article:
                found |= {address, *(f"{address}#{name}" for name in _ANCHOR.findall(article))}
    return found


def listed() -> set[str]:
    """Return the addresses that are promised to stay."""
    return {*LIST.read_text(encoding="utf-8").splitlines()} if LIST.exists() else set()


def add(site: Path) -> int:
    """Promise the addresses that are new, and return how many; none is ever taken back."""
    before = listed()
    after = before | anchors(site)
    LIST.write_text("\n".join(sorted(after)) + "\n", encoding="utf-8")
    return len(after - before)
