"""Links to places of the site do not break, in both languages."""

from pathlib import Path

import pytest
from support.sites import ROOT

from site_build.i18n.languages import LANGUAGES
from site_build.publish.anchors import LIST, find_anchors

LISTED = {*(ROOT / LIST).read_text(encoding="utf-8").splitlines()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_listed_address_exists(published: Path, language: str) -> None:
    """No page and no section of the list is gone."""
    gone = LISTED - find_anchors(published / LANGUAGES[language].folder)

    assert not gone, (
        f"Others may have linked to {sorted(gone)}. Write the old name above the heading, as in "
        "`(old-name)=`; leave a page where it is. What was never published may be taken out of "
        f"{LIST}."
    )


def test_every_address_is_listed(published: Path) -> None:
    """A new section is on the list, so that its address stays."""
    new = find_anchors(published) - LISTED

    assert not new, f"`make anchors` adds these to {LIST}: {sorted(new)}"
