"""The scores of Lighthouse for the served site on a phone; run by `make audit`."""

import json
import os
import shutil
import subprocess
from statistics import median
from typing import Any

import pytest
from support.chromium import NAMES
from support.pages import ONE_OF_EACH_KIND
from support.sites import ROOT

RUNS = 5
LIGHTHOUSE = ROOT / "_build/audit/node_modules/lighthouse/cli/index.js"
FLAGS = "--chrome-flags=--headless=new --no-sandbox --disable-gpu"
HOW = "Lighthouse needs Node.js 20 or newer, Chromium, and what `make audit` fetches with npm."


def report(address: str) -> dict[str, Any]:
    node, chromium = shutil.which("node"), next(filter(None, map(shutil.which, NAMES)), None)
    if node is None or chromium is None or not LIGHTHOUSE.exists():
        pytest.fail(HOW)
    ran = subprocess.run(
        [node, str(LIGHTHOUSE), address, "--quiet", "--output=json", FLAGS],
        env=os.environ | {"CHROME_PATH": chromium},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@pytest.mark.audit
@pytest.mark.parametrize("page", ONE_OF_EACH_KIND)
def test_the_scores_on_a_phone(hosted: str, page: str) -> None:
    """At least half of five visits are fast, and no visit finds another problem."""
    reports = [report(f"{hosted}/{page}") for _ in range(RUNS)]

    def median_of(group: str, name: str, value: str) -> float:
        return median(float(each[group][name][value]) for each in reports)

    assert median_of("categories", "performance", "score") >= 0.98
    assert median_of("audits", "largest-contentful-paint", "numericValue") <= 1500
    assert median_of("audits", "cumulative-layout-shift", "numericValue") <= 0.01
    for category in ("accessibility", "best-practices", "seo"):
        for each in reports:
            names = [ref["id"] for ref in each["categories"][category]["auditRefs"]]
            failed = [name for name in names if each["audits"][name]["score"] not in (1, None)]
            assert each["categories"][category]["score"] == 1, failed
