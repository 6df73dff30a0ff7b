"""What the W3C's checker says of every page; run by `make audit`."""

import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT

CHECKER = ROOT / "_build/audit/node_modules/vnu-jar/build/dist/vnu.jar"


@pytest.mark.audit
def test_every_page_is_valid(published: Path) -> None:
    """No page has an error in its HTML, nor in its pictures and formulas."""
    java = shutil.which("java")
    if java is None or not CHECKER.exists():
        pytest.fail("The checker needs Java 17 or newer, and what `make audit` fetches with npm.")
    # A deep page needs more stack than Java gives by itself.
    options = ["--errors-only", "--skip-non-html", "--format", "gnu"]
    checked = subprocess.run(
        [java, "-Xss8m", "-jar", str(CHECKER), *options, str(published)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.stderr == ""
    assert checked.returncode == 0
