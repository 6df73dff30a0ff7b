"""The W3C's checker finds no error on any page; run by `make audit`."""

import shutil
import subprocess
from pathlib import Path

import pytest
from support.sites import ROOT

CHECKER = ROOT / "_build/audit/node_modules/vnu-jar/build/dist/vnu.jar"


@pytest.mark.audit
def test_every_page_is_valid(published: Path) -> None:
    """No page has an error in its HTML, its diagrams or its formulas."""
    java = shutil.which("java")
    if java is None or not CHECKER.exists():
        pytest.fail("The checker needs Java 17 or newer, and what `make audit` fetches with npm.")
    # A deeply nested page needs more stack than Java's default.
    options = ["--errors-only", "--skip-non-html", "--format", "gnu"]
    checked = subprocess.run(
        [java, "-Xss8m", "-jar", str(CHECKER), *options, str(published)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.stderr == ""
    assert checked.returncode == 0
