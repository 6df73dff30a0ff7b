"""What Lighthouse says of the site on a phone, as it is served; run by `make audit`."""

import json
import os
import shutil
import subprocess
from statistics import median
from typing import Any

import pytest
from browser import NAMES
from conftest import ROOT
from test_light import ONE_OF_EACH_KIND

RUNS = 5
LIGHTHOUSE = ROOT / "_build/audit/node_modules/lighthouse/cli/index.js"
HOW = "Lighthouse needs Node.js 20 or newer, Chromium, and what `make audit` fetches with npm."


def report(address: str) -> dict[str, Any]:
    """Let Lighthouse visit *address* as a phone does; give its report."""
    node, chromium = shutil.which("node"), next(filter(None, map(shutil.which, NAMES)), None)
    if node is None or chromium is None or not LIGHTHOUSE.exists():
        pytest.fail(HOW)
    flags = "--headless=new --no-sandbox --disable-gpu"
    ran = subprocess.run(
        [node, str(LIGHTHOUSE), address, "--quiet", "--output=json", f"--chrome-flags={flags}"],
        env=os.environ | {"CHROME_PATH": chromium},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@pytest.mark.audit
@pytest.mark.parametrize("page", ONE_OF_EACH_KIND)
def test_a_phone_is_served_well(hosted: str, page: str) -> None:
    """Half of five visits or more are fast, and no visit finds anything else to mend."""
    reports = [report(f"{hosted}/{page}") for _ in range(RUNS)]

    def middle(of: str, what: str, value: str) -> float:
        return median(float(one[of][what][value]) for one in reports)

    assert middle("categories", "performance", "score") >= 0.98
    assert middle("audits", "largest-contentful-paint", "numericValue") <= 1500
    assert middle("audits", "cumulative-layout-shift", "numericValue") <= 0.01
    for category in ("accessibility", "best-practices", "seo"):
        for one in reports:
            asked = [ref["id"] for ref in one["categories"][category]["auditRefs"]]
            wrong = [name for name in asked if one["audits"][name]["score"] not in (1, None)]
            assert one["categories"][category]["score"] == 1, wrong
