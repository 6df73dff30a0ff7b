"""The content security policy of a page: only files of the same host, and no other code."""

import re
from base64 import b64encode
from hashlib import sha256

# Sphinx's index has the widths of its columns in attributes; site.css has them too.
_WIDTHS = re.compile(r'(<t(?:able|d)) style="[^"]*"')
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)

# Only what the pages use, and only from the same host.
_ALLOWED = {
    "default-src": "'none'",
    "style-src": "'self'",
    "connect-src": "'self'",  # Lighthouse loads robots.txt as the page would.
    "img-src": "'self' data:",  # The icons are in the style.
    "form-action": "'self'",
    "base-uri": "'none'",
}


def add_policy(page: str) -> str:
    """Return *page* with its content security policy, before anything that the policy applies to.

    The scripts that are in the page when the site is built are allowed by their hashes.
    """
    page = _WIDTHS.sub(r"\1", page)
    digests = (sha256(script.encode()).digest() for script in _INLINE.findall(page))
    hashes = [f"'sha256-{b64encode(digest).decode()}'" for digest in digests]
    rules = _ALLOWED | {"script-src": " ".join(["'self'", *dict.fromkeys(hashes)])}
    policy = "; ".join(f"{what} {where}" for what, where in rules.items())
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}" />'
    return page.replace("<head>", f"<head>\n    {meta}", 1)
