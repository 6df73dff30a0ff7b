"""A value that the run gave reaches the prose of every language, and costs nothing more."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import SmallSite

from site_build.__main__ import NO_EXECUTION, STRICT

FENCE = "`" * 3
TEXT = "The sum is {glue:text}`page.md::sum:s`."
PO = f"""msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"

msgid "{TEXT}"
msgstr "和是 {{glue:text}}`page.md::sum:s`。"
"""


@pytest.fixture
def gluing_site(small_site: SmallSite, page: Callable[[str], str]) -> SmallSite:
    """Give a small site with a page that carries a value into its prose."""
    code = "from myst_nb import glue\nglue('sum', 40 + 2)"
    small_site.write(
        "docs/page.md",
        page(f"{TEXT}\n\n{FENCE}{{code-cell}}\n:tags: [remove-cell]\n\n{code}\n{FENCE}"),
    )
    return small_site


def sphinx(site: SmallSite, builder: str, *options: str) -> tuple[int, str, Path]:
    """Run one builder as the commands do; give its status, what it said, and its folder."""
    out = f"_build/work/{builder}-{len(options)}/out"
    result = site.run("sphinx", "-b", builder, *STRICT, *options, ".", out)
    return result.returncode, result.stdout, site.folder / out


def test_values_survive_a_translation(gluing_site: SmallSite) -> None:
    """The translated sentence has the value too, and no page is executed a second time for it."""
    gluing_site.write("docs/locale/zh_CN/LC_MESSAGES/docs/page.po", PO)

    status, said, english = sphinx(gluing_site, "html")
    assert status == 0, said
    status, said, chinese = sphinx(gluing_site, "html", "-D", "language=zh_CN")
    assert status == 0, said

    assert "Executed docs/page" not in said
    value = '<span class="pasted-text">42</span>'
    assert f"The sum is {value}." in (english / "docs/page.html").read_text(encoding="utf-8")
    assert f"和是 {value}。" in (chinese / "docs/page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("builder", ["gettext", "doctest"])
def test_values_need_no_execution_elsewhere(gluing_site: SmallSite, builder: str) -> None:
    """Translators' catalogues and doctests are made without a kernel, and without a warning."""
    status, said, out = sphinx(gluing_site, builder, *NO_EXECUTION)

    assert status == 0, said
    assert "Executed docs/page" not in said
    if builder == "gettext":
        assert f'msgid "{TEXT}"' in (out / "docs/page.pot").read_text(encoding="utf-8")
