"""`make live` serves the site while it is written."""

import re
import socket
import time
from collections.abc import Iterator
from http.client import HTTPException
from urllib.request import urlopen

import pytest
from support.sites import SmallSite, cell

SECONDS = 60  # On a busy machine.


@pytest.fixture
def address(small_site: SmallSite) -> Iterator[str]:
    """Serve the small site, and give the address of its page."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = small_site.start_command("site_build", "live", "--port", str(port), CI="")
    yield f"http://127.0.0.1:{port}/docs/page.html"
    process.terminate()
    process.communicate()


def wait_for(address: str, text: str) -> None:
    """Load a page until it has *text*."""
    end, page = time.monotonic() + SECONDS, ""
    while time.monotonic() < end:
        try:
            with urlopen(address) as answer:
                page = re.sub("<[^>]*>", "", answer.read().decode())
        except (OSError, HTTPException):
            page = ""
        if text in page:
            return
        time.sleep(0.1)
    pytest.fail(f"The page has no {text!r}: {page}")


def test_a_save_rebuilds_the_page(small_site: SmallSite, address: str) -> None:
    """Saved prose and code are on the page a moment later, and a fault does not end the server."""
    wait_for(address, "A page")
    small_site.write_page("More prose." + "\n\n" + cell("40 + 2"))
    wait_for(address, "More prose.")
    wait_for(address, "42")
    small_site.write_page(cell("1 / 0"))
    wait_for(address, "ZeroDivisionError")
    small_site.write_page("Better.")
    wait_for(address, "Better.")
