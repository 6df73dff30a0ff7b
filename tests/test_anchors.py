"""Who links to a place of the site finds it there next year, in both languages."""

from pathlib import Path

import pytest
from conftest import ROOT

from site_build.anchors import LIST, anchors
from site_build.languages import LANGUAGES

LISTED = {*(ROOT / LIST).read_text(encoding="utf-8").splitlines()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_address_that_was_promised_is_there(published: Path, language: str) -> None:
    """No page and no section of the list is gone."""
    gone = LISTED - anchors(published / LANGUAGES[language].folder)

    assert not gone, (
        f"Others may have linked to {sorted(gone)}. Write the old name above the heading, as in "
        "`(old-name)=`; leave a page where it is. What was never published may be taken out of "
        f"{LIST}."
    )


def test_every_address_is_promised(published: Path) -> None:
    """A new section is on the list, so that it stays as well."""
    new = anchors(published) - LISTED

    assert not new, f"`make anchors` adds these to {LIST}: {sorted(new)}"
