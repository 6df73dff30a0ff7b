"""Make the addresses of the "not found" page absolute, because a host shows it at any address.

A browser resolves an address such as `docs/api.html` from the address of the page.
"""

import re
from pathlib import Path
from urllib.parse import urlsplit

_CANONICAL = re.compile(r'<link rel="canonical" href="([^"]*)')
# An address that depends on that of the page: without a host, and not within the page.
_RELATIVE = re.compile(r'(\b(?:href|src|action|data-content_root)=")(?![a-z]+:|/|#)(?:\./)?')


def make_absolute(page: Path, folder: str = "") -> None:
    """Let the addresses of *page* begin at its site.

    The page's canonical address names the site; a site without one is at the top of its host.

    Args:
        page: A page in a folder of the site.
        folder: The name of that folder with a slash, empty for the site itself.
    """
    text = page.read_text(encoding="utf-8")
    canonical = _CANONICAL.search(text)
    top = urlsplit(canonical[1]).path.removesuffix(page.name) if canonical else f"/{folder}"
    page.write_text(_RELATIVE.sub(rf"\g<1>{top}", text), encoding="utf-8")
