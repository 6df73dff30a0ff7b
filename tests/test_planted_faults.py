"""Each thing that may not be published turns the build red, and red again, until it is gone.

The faults are planted in a small copy of the site, with the real conf.py and the real commands:
all of them at once, each on a page of its own, where each must be reported as a warning; and one of
each sort alone, to see that one warning is enough.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from conftest import HEADER, SmallSite

FENCE = "`" * 3


def cell(code: str, *tags: str) -> str:
    """Write a code cell."""
    options = f":tags: [{', '.join(tags)}]\n\n" if tags else ""
    return f"{FENCE}{{code-cell}}\n{options}{code}\n{FENCE}"


@dataclass
class Fault:
    """A text to plant on a page, and what the build must say of it."""

    name: str
    text: str
    says: str
    options: str = ""

    @property
    def docname(self) -> str:
        """Name the page that it is planted on."""
        return f"docs/{re.sub('[^a-z]+', '-', self.name)}"

    @property
    def page(self) -> str:
        """Write the page that it is planted on."""
        header = HEADER.replace("---\n\n", f"{self.options}---\n\n", 1)
        return f"{header}# A page\n\n{self.text}\n"


FAULTS = [
    Fault("a cell raises", cell("1 / 0"), "raised unasked: ZeroDivisionError: division by zero"),
    Fault(
        "a meant error is gone",
        cell("1 + 1", "raises-exception"),
        "was meant to raise, and no longer does",
    ),
    Fault("a warning", cell("import warnings\nwarnings.warn('old news')"), "UserWarning: old news"),
    Fault("a log line", cell("import logging\nlogging.error('it broke')"), "stderr: ERROR:root:it"),
    Fault(
        "a warning in a hidden cell",
        cell("import sys\nprint('psst', file=sys.stderr)", "remove-cell"),
        "wrote to stderr: psst",
    ),
    Fault("a hiding tag", cell("1 + 1", "remove-stderr"), "'remove-stderr' hides what should be"),
    Fault("a skipped cell", cell("1 + 1", "skip-execution"), "'skip-execution' hides what"),
    Fault("a nested cell", f":::{{note}}\n{cell('1 + 1')}\n:::", "Found an unexpected `code-cell`"),
    Fault(
        "a log line of TensorFlow",
        cell("print('2026-01-01 00:00:00.1: I tensorflow/core/x.cc:1] oneDNN on')"),
        "shows a log line",
    ),
    Fault("a time", cell("print('at 2026-01-01 00:00')"), "shows a time: '2026-01-01 00:00'"),
    Fault("a path", cell("import os\nos.getcwd()"), "shows a path of this machine"),
    Fault(
        "a path in a meant error",
        cell("open('/usr/no-such-file')", "raises-exception"),
        "shows a path of this machine",
    ),
    Fault("a colour", cell("print('\\x1b[31mred')"), "shows a terminal colour"),
    Fault("an address", cell("object()"), "shows an address in memory"),
    Fault("too many decimals", cell("1 / 3"), "more than six decimals: '0.3333333333333333'"),
    Fault(
        "a style in an output",
        cell("from IPython.display import HTML\nHTML('<p style=\"color: red\">red</p>')"),
        "would be refused by a content security policy",
    ),
    Fault("an inline script", "<script>alert()</script>", "'<script' would be refused"),
    Fault("a style element", "<style>p {}</style>", "'<style' would be refused"),
    Fault("a style attribute", '<p style="color: red">red</p>', "would be refused"),
    Fault("a handler", '<p onclick="go()">red</p>', "would be refused"),
    Fault("a typed number", "It gives 0.1545.", "'0.1545' is typed in prose"),
    Fault("a typed power", "They differ by 1e-7.", "'1e-7' is typed in prose"),
    Fault("a typed shape", "It has the shape `(1, 3)`.", "'(1, 3)' is typed in prose"),
    Fault(
        "a typed shape in a list", "It has the shape [None, 3].", "'[None, 3]' is typed in prose"
    ),
    Fault("a typed shape in Chinese", "形状是（1，3）。", "'（1，3）' is typed in prose"),
    Fault("a typed version", "Since 2.15.0 it is a tuple.", "'2.15.0' is typed in prose"),
    Fault("a typed major version", "It is so in Keras 3.", "'Keras 3' is typed in prose"),
    Fault("a typed number in a table", "| a |\n|---|\n| 0.5 |", "'0.5' is typed in prose"),
    Fault("a typed number in a title", "## It gives 0.5", "'0.5' is typed in prose"),
    Fault("a typed shape in a comment", cell("x = 1  # (1, 3)"), "'(1, 3)' is typed in a comment"),
    Fault("a plain fence with a prompt", f"{FENCE}python\n>>> 1 + 1\n3\n{FENCE}", "is not tested"),
    Fault("a bare prompt", ">>> 1 + 1", "is not tested"),
    Fault(
        "a skipped doctest",
        f"{FENCE}{{doctest}}\n>>> 1 + 1  # doctest: +SKIP\n3\n{FENCE}",
        "A doctest that is skipped proves nothing",
    ),
    Fault("a broken link", "[Go](no-such-page.md)", "'no-such-page.md'"),
    Fault("a broken reference", "{ref}`no-such-label`", "undefined label: 'no-such-label'"),
    Fault("a name", "(here)=\n\nIt is here.", "'here' is given on docs/the-same-name as well"),
    Fault(
        "the same name", ":::{note}\n:name: here\n\nHere?\n:::", "'here' is given on docs/a-name as"
    ),
    Fault(
        "a value that nobody glued",
        "{glue:text}`a-value-that-nobody-glued.md::lost:s`",
        "'lost' not found",
    ),
    Fault(
        "a page that is not executed",
        cell("1 / 0"),
        "No page has execution settings",
        "mystnb:\n  execution_mode: 'off'\n",
    ),
    Fault(
        "a page that may fail",
        cell("1 / 0"),
        "No page has execution settings",
        "mystnb:\n  execution_allow_errors: true\n",
    ),
    Fault("a page that nobody names", "", "isn't included in any toctree"),
    Fault("an orphan", "", "An orphan page cannot be found", "orphan: true\n"),
    Fault(
        "a kernel that dies", cell("import os\nos._exit(1)"), "was not executed to its end. Dead"
    ),
]
NAMED_BY_NOBODY = ["a page that nobody names", "an orphan"]


def by_page(said: str) -> dict[str, str]:
    """Sort the warnings of a build by the page that each names."""
    warnings: dict[str, str] = {}
    for text in re.split(r"^(?:checking consistency\.\.\. )?(?=/\S+: )", said, flags=re.M):
        found = re.match(r"/\S+/(docs/[a-z-]+)\.md(?::\d+)?: WARNING: ", text)
        if found:
            warnings[found[1]] = warnings.get(found[1], "") + text
    return warnings


def test_every_fault_is_reported(small_site: SmallSite) -> None:
    """The build says what is wrong on which page, again when repeated, and publishes nothing."""
    for fault in FAULTS:
        small_site.write(f"{fault.docname}.md", fault.page)
    named = [fault.docname for fault in FAULTS if fault.name not in NAMED_BY_NOBODY]
    toctree = "\n".join(["docs/page", *named])
    small_site.write("index.md", f"# Faults\n\n{FENCE}{{toctree}}\n{toctree}\n{FENCE}\n")

    for _ in range(2):
        result = small_site.run("site_build", "html")
        warnings = by_page(result.stdout)

        assert result.returncode != 0
        unreported = [f.name for f in FAULTS if f.says not in warnings.get(f.docname, "")]
        assert unreported == [], result.stdout
        assert set(warnings) == {fault.docname for fault in FAULTS}  # The good page is left alone.
    assert not (small_site.folder / "_build/html").exists()


ALONE = ["a cell raises", "a meant error is gone", "a warning", "a typed number", "a broken link"]


@pytest.mark.parametrize("name", ALONE)
def test_one_fault_is_enough(small_site: SmallSite, page: Callable[[str], str], name: str) -> None:
    """One fault of a sort, and nothing else, turns the build red."""
    fault = next(fault for fault in FAULTS if fault.name == name)
    small_site.write("docs/page.md", page(fault.text))

    result = small_site.run("site_build", "html")

    assert result.returncode != 0
    assert fault.says in result.stdout


def test_a_failed_doctest(small_site: SmallSite, page: Callable[[str], str]) -> None:
    """A doctest that gives something else is shown with what it gave, and turns the run red."""
    small_site.write("lesson.py", 'def lesson():\n    """Teach.\n\n    >>> 1 + 1\n    3\n    """\n')
    lesson = f"{FENCE}{{eval-rst}}\n.. autofunction:: lesson.lesson\n{FENCE}"
    small_site.write("docs/page.md", page(f"{FENCE}{{doctest}}\n>>> 1 + 2\n4\n{FENCE}\n\n{lesson}"))

    for _ in range(2):
        result = small_site.run("site_build", "doctest")

        assert result.returncode != 0
        assert "Expected:\n    4\nGot:\n    3" in result.stdout  # On the page.
        assert "Expected:\n    3\nGot:\n    2" in result.stdout  # In the docstring.


def test_a_link_that_leads_nowhere(small_site: SmallSite, page: Callable[[str], str]) -> None:
    """An address that does not answer is named with its page, and turns the run red."""
    small_site.write("docs/page.md", page("[Gone](http://127.0.0.1:9/gone)."))

    result = small_site.run("site_build", "linkcheck")

    assert result.returncode != 0
    assert re.search(r"docs/page: +line +\d+\) broken +http://127\.0\.0\.1:9/gone", result.stdout)


def test_a_site_without_faults(small_site: SmallSite, page: Callable[[str], str]) -> None:
    """The same copy without a fault is green, and so is what looks like a fault and is none.

    A slow machine shows the same as a fast one: blank lines stay where they were printed.
    """
    slowly = "import time\nfor word in 'abc':\n    print(word, end='\\n\\n')\n    time.sleep(1)"
    small_site.write(
        "docs/page.md",
        page(
            f"{FENCE}{{doctest}}\n>>> (1, 3)\n(1, 3)\n{FENCE}\n\n"
            "Axes are `(batch, timesteps, units)`, and CC BY 4.0 is a licence.\n\n"
            + cell("raise ValueError('so')", "raises-exception")
            + "\n\n"
            + cell(slowly)
        ),
    )

    assert small_site.run("site_build", "doctest").returncode == 0
    result = small_site.run("site_build", "html")

    assert result.returncode == 0, result.stdout
    html = (small_site.folder / "_build/html/docs/page.html").read_text(encoding="utf-8")
    assert "ValueError: so" in html.replace('<span class="ne">', "").replace("</span>", "")
    assert "Traceback" not in html
    assert "a\n\nb\n\nc\n" in html


def test_what_the_next_build_does(small_site: SmallSite, page: Callable[[str], str]) -> None:
    """It uses the outputs of the last; runs a page whose cell changed; keeps a good site if red."""
    assert "Executed docs/page" in small_site.run("site_build", "html").stdout
    assert "Executed docs/page" not in small_site.run("site_build", "html").stdout
    published = small_site.folder / "_build/html/docs/page.html"
    before = published.read_bytes()

    small_site.write("docs/page.md", page(cell("1 / 0")))
    result = small_site.run("site_build", "html")

    assert "Executed docs/page" in result.stdout
    assert result.returncode != 0
    assert published.read_bytes() == before
