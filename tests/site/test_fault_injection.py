"""Each fault that may not be published fails the build, in every run until it is fixed.

The faults are injected into a small copy of the site, with the real conf.py and commands: all of
them together, each on a page of its own, where each must be reported as a warning; and some alone,
because one warning must be enough.
"""

import re

import pytest
from support.sites import SmallSite, cell

FENCE = "`" * 3

# The text of a page, and part of the warning that the build must give for it.
FAULTS = {
    "a cell raises": (cell("1 / 0"), "raised unexpectedly: ZeroDivisionError: division by zero"),
    "a meant error is gone": (
        cell("1 + 1", "raises-exception"),
        "has the tag raises-exception, but raised no error",
    ),
    "a warning": (cell("import warnings\nwarnings.warn('old news')"), "UserWarning: old news"),
    "a log line": (cell("import logging\nlogging.error('it broke')"), "stderr: ERROR:root:it"),
    "a warning in a hidden cell": (
        cell("import sys\nprint('psst', file=sys.stderr)", "remove-cell"),
        "wrote to stderr: psst",
    ),
    "a hiding tag": (cell("1 + 1", "remove-stderr"), "'remove-stderr' hides what should be"),
    "a skipped cell": (cell("1 + 1", "skip-execution"), "'skip-execution' hides what"),
    "a nested cell": (f":::{{note}}\n{cell('1 + 1')}\n:::", "Found an unexpected `code-cell`"),
    "a log line of TensorFlow": (
        cell("print('2026-01-01 00:00:00.1: I tensorflow/core/x.cc:1] oneDNN on')"),
        "shows a log line",
    ),
    "a time": (cell("print('at 2026-01-01 00:00')"), "shows a time: '2026-01-01 00:00'"),
    "a path": (cell("import os\nos.getcwd()"), "shows a path of this machine"),
    "a path in a meant error": (
        cell("open('/usr/no-such-file')", "raises-exception"),
        "shows a path of this machine",
    ),
    "a color": (cell("print('\\x1b[31mred')"), "shows a terminal color"),
    "an output that no page shows": (
        cell("from IPython.display import display\ndisplay({'application/x-own': 'x'}, raw=True)"),
        "has a type that no page shows: 'application/x-own'",
    ),
    "an address": (cell("object()"), "shows an address in memory"),
    "too many decimals": (cell("1 / 3"), "more than six decimals: '0.3333333333333333'"),
    "a style in an output": (
        cell("from IPython.display import HTML\nHTML('<p style=\"color: red\">red</p>')"),
        "would be blocked by a content security policy",
    ),
    "an inline script": ("<script>alert()</script>", "'<script' would be blocked"),
    "a style element": ("<style>p {}</style>", "'<style' would be blocked"),
    "a style attribute": ('<p style="color: red">red</p>', "would be blocked"),
    "a handler": ('<p onclick="go()">red</p>', "would be blocked"),
    "a typed number": ("It gives 0.1545.", "'0.1545' is typed in prose"),
    "a typed power": ("They differ by 1e-7.", "'1e-7' is typed in prose"),
    "a typed shape": ("It has the shape `(1, 3)`.", "'(1, 3)' is typed in prose"),
    "a typed shape in a list": ("It has the shape [None, 3].", "'[None, 3]' is typed in prose"),
    "a typed shape in Chinese": ("形状是（1，3）。", "'（1，3）' is typed in prose"),
    "a typed version": ("Since 2.15.0 it is a tuple.", "'2.15.0' is typed in prose"),
    "a typed major version": ("It is so in Sphinx 9.", "'Sphinx 9' is typed in prose"),
    "a typed number in a table": ("| a |\n|---|\n| 0.5 |", "'0.5' is typed in prose"),
    "a typed number in a title": ("## It gives 0.5", "'0.5' is typed in prose"),
    "a typed shape in a comment": (cell("x = 1  # (1, 3)"), "'(1, 3)' is typed in a comment"),
    "a word": ("The mask comes back.", "'comes back': write is returned, because layers"),
    "a word in two lines": ("It hands\nthe `mask` on.", "'hands the … on': write propagate"),
    "a word in a title": ("## The colours", "'colours': write color"),
    "a word in a table": ("| a flag |\n|---|\n| 1 |", "'flag': write argument"),
    "a word in a note": (":::{note}\nIt is a trap.\n:::", "'trap': write pitfall"),
    "a plain fence with a prompt": (f"{FENCE}python\n>>> 1 + 1\n3\n{FENCE}", "is not tested"),
    "a bare prompt": (">>> 1 + 1", "is not tested"),
    "a skipped doctest": (
        f"{FENCE}{{doctest}}\n>>> 1 + 1  # doctest: +SKIP\n3\n{FENCE}",
        "A skipped doctest tests nothing",
    ),
    "a broken link": ("[Go](no-such-page.md)", "'no-such-page.md'"),
    "a broken reference": ("{ref}`no-such-label`", "undefined label: 'no-such-label'"),
    "a name": ("(here)=\n\nIt is here.", "'here' is given on docs/the-same-name as well"),
    "the same name": (":::{note}\n:name: here\n\nHere?\n:::", "'here' is given on docs/a-name as"),
    "a value that is not glued": (
        "{glue:text}`a-value-that-is-not-glued.md::lost:s`",
        "'lost' not found",
    ),
    "a page that is not executed": (cell("1 / 0"), "A page must not have execution settings"),
    "a page that may fail": (cell("1 / 0"), "A page must not have execution settings"),
    "a page without a link": ("", "isn't included in any toctree"),
    "an orphan": ("", "An orphan page cannot be found"),
    "a kernel that dies": (cell("import os\nos._exit(1)"), "was not executed to its end. Dead"),
}
# More options in the front matter of the page.
OPTIONS = {
    "a page that is not executed": "mystnb:\n  execution_mode: 'off'\n",
    "a page that may fail": "mystnb:\n  execution_allow_errors: true\n",
    "an orphan": "orphan: true\n",
}
NOT_IN_TOCTREE = {"a page without a link", "an orphan"}


def docname(name: str) -> str:
    return f"docs/{re.sub('[^a-z]+', '-', name)}"


def sort_by_page(log: str) -> dict[str, str]:
    """Return the warnings of a build by the page that each names."""
    warnings: dict[str, str] = {}
    for text in re.split(r"^(?:checking consistency\.\.\. )?(?=/\S+: )", log, flags=re.M):
        found = re.match(r"/\S+/(docs/[a-z-]+)\.md(?::\d+)?: WARNING: ", text)
        if found:
            warnings[found[1]] = warnings.get(found[1], "") + text
    return warnings


@pytest.mark.parametrize(
    "start", ["a published site", pytest.param("no site", marks=pytest.mark.slow)]
)
def test_every_fault_is_reported(small_site: SmallSite, start: str) -> None:
    """The build reports each fault with its page, again when repeated, and publishes nothing."""
    before = {}
    if start == "a published site":  # Of the same pages, so that only what changed is built.
        for name in FAULTS:
            small_site.write_page(f"This will be {name}.", docname(name))
        small_site.write_index("docs/page", *map(docname, FAULTS))
        result = small_site.run("site_build", "html", CI="")
        assert result.returncode == 0, result.stdout
        before = small_site.published_files()
    for name, (text, _) in FAULTS.items():
        small_site.write_page(text, docname(name), OPTIONS.get(name, ""))
    named = [docname(name) for name in FAULTS if name not in NOT_IN_TOCTREE]
    small_site.write_index("docs/page", *named)

    for _ in range(2):
        result = small_site.run("site_build", "html", CI="")
        warnings = sort_by_page(result.stdout)

        assert result.returncode != 0
        assert set(warnings) == set(map(docname, FAULTS)), result.stdout  # Not the good page.
        for name, (_, warning) in FAULTS.items():
            assert warning in warnings[docname(name)], result.stdout
    assert small_site.published_files() == before


ALONE = ["a cell raises", "a meant error is gone", "a warning", "a typed number", "a word",
         "a broken link"]  # fmt: skip


@pytest.mark.parametrize("name", ALONE)
def test_one_fault_is_enough(small_site: SmallSite, name: str) -> None:
    """One fault alone fails the build."""
    text, warning = FAULTS[name]
    small_site.write_page(text)

    result = small_site.run("site_build", "html")

    assert result.returncode != 0
    assert warning in result.stdout


def test_a_failed_doctest(small_site: SmallSite) -> None:
    """A doctest with another result is shown with that result, and fails the run."""
    small_site.write("lesson.py", 'def lesson():\n    """Teach.\n\n    >>> 1 + 1\n    3\n    """\n')
    lesson = f"{FENCE}{{eval-rst}}\n.. autofunction:: lesson.lesson\n{FENCE}"
    small_site.write_page(f"{FENCE}{{doctest}}\n>>> 1 + 2\n4\n{FENCE}\n\n{lesson}")

    for _ in range(2):
        result = small_site.run("site_build", "doctest")

        assert result.returncode != 0
        assert "Expected:\n    4\nGot:\n    3" in result.stdout  # On the page.
        assert "Expected:\n    3\nGot:\n    2" in result.stdout  # In the docstring.


def test_a_link_that_leads_nowhere(small_site: SmallSite) -> None:
    """An address that does not respond is named with its page, and fails the run."""
    small_site.write_page("[Gone](http://127.0.0.1:9/gone).")

    result = small_site.run("site_build", "linkcheck")

    assert result.returncode != 0
    assert re.search(r"docs/page: +line +\d+\) broken +http://127\.0\.0\.1:9/gone", result.stdout)


def test_a_site_without_faults(small_site: SmallSite) -> None:
    """The same copy without a fault passes, and so does what only looks like a fault.

    Doctests need no kernel, although the page then lacks the value that it glues. A slow machine
    shows the same as a fast one: blank lines stay where they were printed.
    """
    slowly = "import time\nfor word in 'abc':\n    print(word, end='\\n\\n')\n    time.sleep(1)"
    small_site.write_page(
        f"{FENCE}{{doctest}}\n>>> (1, 3)\n(1, 3)\n{FENCE}\n\n"
        "Axes are `(batch, timesteps, units)`, and CC BY 4.0 is {glue:text}`page.md::a:s`.\n\n"
        "Keras says `refused`, and `Flags` is in `flags.py`.\n\n"
        + cell("from myst_nb import glue\nglue('a', 'a licence')")
        + cell("raise ValueError('so')", "raises-exception")
        + cell(slowly)
    )

    doctest = small_site.run("site_build", "doctest")
    assert doctest.returncode == 0, doctest.stdout
    assert "Executed" not in doctest.stdout
    result = small_site.run("site_build", "html")

    assert result.returncode == 0, result.stdout
    html = small_site.html("docs/page")
    assert "ValueError: so" in html.replace('<span class="ne">', "").replace("</span>", "")
    assert "Traceback" not in html
    assert "a\n\nb\n\nc\n" in html


def test_what_the_next_build_does(small_site: SmallSite) -> None:
    """The next build reuses outputs, runs a changed page, and keeps the good site if it fails."""
    assert "Executed docs/page" in small_site.run("site_build", "html").stdout
    assert "Executed docs/page" not in small_site.run("site_build", "html").stdout
    published = small_site.folder / "_build/html/docs/page.html"
    before = published.read_bytes()

    small_site.write_page(cell("1 / 0"))
    result = small_site.run("site_build", "html")

    assert "Executed docs/page" in result.stdout
    assert result.returncode != 0
    assert published.read_bytes() == before
