"""The site has the same bytes wherever, whenever and however it is built."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support.sites import SmallSite, cell, copy_of_this_site

# It shows most numbers. All pages take minutes, so `make test-slow` builds them.
SAMPLE = ["docs/behavior/inside-the-cell.md"]

# Python's clock is more than a year ahead.
LATER = """
import datetime, time

AHEAD = 400 * 24 * 60 * 60
_time, _localtime, _gmtime, _strftime = time.time, time.localtime, time.gmtime, time.strftime


class DateTime(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + datetime.timedelta(seconds=AHEAD)

    @classmethod
    def today(cls):
        return cls.now()


datetime.datetime = DateTime
time.time = lambda: _time() + AHEAD
time.localtime = lambda seconds=None: _localtime(time.time() if seconds is None else seconds)
time.gmtime = lambda seconds=None: _gmtime(time.time() if seconds is None else seconds)
time.strftime = lambda form, at=None: _strftime(form, at or time.localtime())
"""


def other_place(site: SmallSite) -> dict[str, str]:
    """Build at a later date, with another hash seed; the folder is another one anyway."""
    site.write("_build/later/sitecustomize.py", LATER)
    path = os.pathsep.join([str(site.folder / "_build/later"), os.environ.get("PYTHONPATH", "")])
    return {"PYTHONHASHSEED": "123", "PYTHONPATH": path}


def ordinary_kernels(site: SmallSite) -> dict[str, str]:
    """Start kernels as Jupyter does, one interpreter each."""
    conf = (site.folder / "conf.py").read_text(encoding="utf-8")
    assert '    "preloaded_kernels",\n' in conf
    site.write("conf.py", conf.replace('    "preloaded_kernels",\n', ""))
    return {}


def instructions(name: str) -> Callable[[SmallSite], dict[str, str]]:
    """Execute as on an older processor: oneDNN, which multiplies matrices, goes by a variable."""
    return lambda site: {"ONEDNN_MAX_CPU_ISA": name}


VARIANTS = {
    "another folder, date and hash seed": other_place,
    "ordinary kernels": ordinary_kernels,
    "a processor with AVX2": instructions("AVX2"),
    "a processor with SSE4.1": instructions("SSE41"),
}


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def find_outputs(html: str) -> list[str]:
    return re.findall(r'<pre>.*?</pre>|<table class="rnn-.*?</table>', html, re.DOTALL)


def test_pages_show_the_same(published: Path, tmp_path: Path) -> None:
    """The page with most numbers shows the same, digit by digit, however it is executed."""
    site = copy_of_this_site(tmp_path)
    environment = VARIANTS["ordinary kernels"](site) | VARIANTS["a processor with SSE4.1"](site)

    result = site.run("site_build", "page", *SAMPLE, **environment)

    assert result.returncode == 0, result.stdout
    built = tmp_path / "_build/work/html/out"
    for page in SAMPLE:
        html = Path(page).with_suffix(".html")
        before, after = (
            find_outputs((folder / html).read_text(encoding="utf-8"))
            for folder in (published, built)
        )
        assert before
        assert after == before


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("jobs", ["1", "4"])
def test_the_site_is_the_same(published: Path, tmp_path: Path, variant: str, jobs: str) -> None:
    """Every published byte is the same, built in another way."""
    site = copy_of_this_site(tmp_path)
    environment = VARIANTS[variant](site)

    result = site.run("site_build", "html", "--jobs", jobs, **environment)

    assert result.returncode == 0, result.stdout
    assert files(tmp_path / "_build/html") == files(published)


def built_twice(tmp_path: Path, code: str, pages: int) -> list[dict[str, bytes]]:
    """Build a site with so many such pages in two ways; give the files of each."""
    built = []
    for name, jobs, variant in (("one", "1", lambda site: {}), ("other/place", "4", other_place)):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        site = SmallSite(folder)
        names = [f"docs/page{number}" for number in range(pages)]
        for number, page in enumerate(names):
            site.write_page(cell(f"{code}, {number}"), page)
        site.write_index(*names, "docs/page")

        result = site.run("site_build", "html", "--jobs", jobs, **variant(site))

        assert result.returncode == 0, result.stdout
        built.append(files(folder / "_build/html"))
    return built


def test_a_small_site_is_the_same(tmp_path: Path) -> None:
    """Two clean builds of a site, apart in all that should not matter, differ in no byte."""
    first, second = built_twice(tmp_path, "{'a', 'b', 'c', 'd'}", pages=4)

    assert first == second


@pytest.mark.slow
def test_a_site_that_depends_on_the_day_is_not(tmp_path: Path) -> None:
    """What an output says of the day of its build is seen when two builds are compared."""
    first, second = built_twice(tmp_path, "__import__('time').strftime('%Y')", pages=1)

    different = {name for name in first if first[name] != second[name]}
    # And with the page what is made of it: to take away, to search, for programs.
    assert "docs/page0.html" in different
    assert not {"docs/page.html", "index.html"} & different
