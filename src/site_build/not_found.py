"""Make the addresses of the page for what is not there whole: it is shown at any address.

A browser reads an address as `docs/api.html` from where the reader is, and that can be anywhere.
"""

import re
from pathlib import Path
from urllib.parse import urlsplit

_CANONICAL = re.compile(r'<link rel="canonical" href="([^"]*)')
# An address that is read from where the reader is: without a host, and not within the page.
_RELATIVE = re.compile(r'(\b(?:href|src|action|data-content_root)=")(?![a-z]+:|/|#)(?:\./)?')


def name_from_anywhere(page: Path, folder: str = "") -> None:
    """Let the addresses of *page* begin where its site does.

    That is said by the page's canonical address; a site without one is at the top of its host.

    Args:
        page: A page that lies in a folder of the site.
        folder: The name of that folder with a slash, empty for the site itself.
    """
    text = page.read_text(encoding="utf-8")
    canonical = _CANONICAL.search(text)
    top = urlsplit(canonical[1]).path.removesuffix(page.name) if canonical else f"/{folder}"
    page.write_text(_RELATIVE.sub(rf"\g<1>{top}", text), encoding="utf-8")
