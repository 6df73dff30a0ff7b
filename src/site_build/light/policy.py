"""What may run on a page, said in its first line: its own files, and no code from elsewhere."""

import re
from base64 import b64encode
from hashlib import sha256

# Sphinx's own index says in attributes how wide its columns are; site.css does too.
_WIDTHS = re.compile(r'(<t(?:able|d)) style="[^"]*"')
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)

# Nothing is allowed but what the pages use, and that from their own host alone.
_ALLOWED = {
    "default-src": "'none'",
    "style-src": "'self'",
    "connect-src": "'self'",  # Lighthouse asks for robots.txt as the page would.
    "img-src": "'self' data:",  # The icons lie inside of the style.
    "form-action": "'self'",
    "base-uri": "'none'",
}


def with_policy(page: str) -> str:
    """Return *page* with its content security policy, before anything that it concerns.

    A script inside of the page is allowed if it stood there when the site was built: by its hash.
    """
    page = _WIDTHS.sub(r"\1", page)
    hashes = [_hash(script) for script in _INLINE.findall(page)]
    rules = _ALLOWED | {"script-src": " ".join(["'self'", *dict.fromkeys(hashes)])}
    policy = "; ".join(f"{what} {where}" for what, where in rules.items())
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}" />'
    return page.replace("<head>", f"<head>\n    {meta}", 1)


def _hash(script: str) -> str:
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
