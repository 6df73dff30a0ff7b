"""What is known upstream of each pitfall is complete, dated, and names its source."""

import datetime
import re
import tomllib
from typing import Any

import pytest
from support.sites import ROOT

from keras_compat.data_files import PACKAGE

STATUS: dict[str, dict[str, Any]] = tomllib.loads(
    (PACKAGE / "upstream_status.toml").read_text(encoding="utf-8")
)
PAGES = [path.read_text(encoding="utf-8") for path in (ROOT / "docs/pitfalls").glob("*.md")]
ON_PAGE = re.findall(r"^\((pitfall-[\w-]+)\)=$", "\n".join(PAGES), re.M)
REPOSITORY = r"https://github\.com/(keras-team/(keras|tf-keras)|tensorflow/tensorflow)"
ISSUE = re.compile(rf"{REPOSITORY}/issues/\d+")
PULL_REQUEST = re.compile(rf"{REPOSITORY}/pull/\d+")
FIELDS = {"status", "url", "queries", "fixed_in", "fix", "what", "date"}


def test_every_pitfall_has_a_status() -> None:
    """Each section of the pages has an entry; an entry without a section says what happens."""
    assert ON_PAGE
    assert set(ON_PAGE) - STATUS.keys() == set()
    described = {label for label, entry in STATUS.items() if entry.get("what", "").endswith(".")}
    assert described == STATUS.keys() - set(ON_PAGE)


@pytest.mark.parametrize("label", STATUS)
def test_a_status_can_be_checked(label: str) -> None:
    """An entry has a known status, a date that has passed, and either a report or the queries."""
    entry = STATUS[label]

    assert entry.keys() <= FIELDS
    assert entry["status"] in ("open", "closed", "unreported")
    assert datetime.date(2026, 11, 1) <= entry["date"] <= datetime.date.today()
    if entry["status"] == "unreported":
        assert "url" not in entry
        assert entry["queries"]
        assert all(len(query.split()) > 3 for query in entry["queries"])
    else:
        assert ISSUE.fullmatch(entry["url"])
    if "fix" in entry:
        assert PULL_REQUEST.fullmatch(entry["fix"])
    if "fixed_in" in entry:
        assert re.fullmatch(r"nightly|\d+\.\d+\.\d+", entry["fixed_in"])
