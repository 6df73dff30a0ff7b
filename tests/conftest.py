"""What the tests share: the environment of the pages, and fixtures for sites and the browser."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.chromium import browser, visit
from support.explorer import explorer
from support.model_files import model_files
from support.pools import other_project, pool
from support.site_server import HOST, server
from support.sites import ROOT, SmallSite

from site_build.execution import environment

# Fixtures that have a file of their own.
__all__ = ["browser", "explorer", "model_files", "other_project", "pool", "visit"]

os.environ.update(environment.get_variables(ROOT))
(ROOT / "_build").mkdir(exist_ok=True)  # Else IPython leaves a temporary folder per kernel.


@pytest.fixture
def small_site(tmp_path: Path) -> SmallSite:
    """Give a small site in a folder of its own."""
    return SmallSite(tmp_path)


@pytest.fixture(scope="session")
def hosted(published: Path) -> Iterator[str]:
    """Serve the built site as a host would; give its address."""
    with server(published) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://{HOST}:{running.server_address[1]}"
        running.shutdown()


@pytest.fixture(scope="session")
def published() -> Path:
    """Give the folder of the built site."""
    folder = ROOT / "_build" / "html"
    if not (folder / "index.html").exists():
        pytest.fail("There is no built site; run `make html` first, or `make test` for both.")
    return folder
