"""A value of the run reaches the prose of every language, without a second execution."""

from pathlib import Path

import pytest
from support.sites import SmallSite, cell

from site_build.__main__ import NO_EXECUTION, STRICT

TEXT = "The sum is {glue:text}`page.md::sum:s`."
CATALOG = f"""msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"

msgid "{TEXT}"
msgstr "和是 {{glue:text}}`page.md::sum:s`。"
"""
NO_KERNELS = """
from jupyter_client import AsyncKernelManager
AsyncKernelManager.start_kernel = None
"""


@pytest.fixture
def gluing_site(small_site: SmallSite) -> SmallSite:
    """Return a small site whose page glues a value into its prose, and its translation."""
    code = "from myst_nb import glue\nglue('sum', 40 + 2)"
    small_site.write_page("\n\n".join([TEXT, cell(code, "remove-cell"), cell("'one' + 'two'")]))
    small_site.write("docs/locale/zh_CN/LC_MESSAGES/docs/page.po", CATALOG)
    return small_site


def sphinx(site: SmallSite, builder: str, *options: str) -> tuple[int, str, Path]:
    """Run one builder as the commands do; return its status, its messages, and its folder."""
    out = f"_build/work/{builder}-{len(options)}/out"
    result = site.run("sphinx", "-b", builder, *STRICT, *options, ".", out)
    return result.returncode, result.stdout, site.folder / out


def test_values_survive_a_translation(gluing_site: SmallSite) -> None:
    """The second language has the values and outputs of the first, and cannot start a kernel."""
    status, log, english = sphinx(gluing_site, "html")
    assert status == 0, log
    assert "Executed docs/page" in log
    conf = (gluing_site.folder / "conf.py").read_text(encoding="utf-8")
    gluing_site.write("conf.py", conf + NO_KERNELS)
    status, log, chinese = sphinx(gluing_site, "html", "-D", "language=zh_CN")
    assert status == 0, log

    value = '<span class="pasted-text">42</span>'
    english_page, chinese_page = (
        (folder / "docs/page.html").read_text(encoding="utf-8") for folder in (english, chinese)
    )
    assert f"The sum is {value}." in english_page
    assert f"和是 {value}。" in chinese_page
    assert "onetwo" in chinese_page
    page = (gluing_site.folder / "docs/page.md").read_text(encoding="utf-8")
    gluing_site.write("docs/page.md", page.replace("'two'", "'three'"))
    assert sphinx(gluing_site, "html", "-D", "language=zh_CN")[0] != 0


@pytest.mark.parametrize("builder", ["gettext", "doctest"])
def test_some_builders_need_no_execution(gluing_site: SmallSite, builder: str) -> None:
    """The catalogs of translators and doctests are made without a kernel and without a warning."""
    status, log, out = sphinx(gluing_site, builder, *NO_EXECUTION)

    assert status == 0, log
    assert "Executed docs/page" not in log
    if builder == "gettext":
        assert f'msgid "{TEXT}"' in (out / "docs/page.pot").read_text(encoding="utf-8")
