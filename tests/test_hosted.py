"""The built site with a host: compressed, knowing its address, and with a page for what is not."""

import gzip
import os
import re
import socket
import struct
from http.client import HTTPConnection
from pathlib import Path
from xml.etree import ElementTree

import pytest
from browser import Visit
from conftest import ROOT, SmallSite, cells
from playwright.sync_api import Browser, expect

from site_build import catalogues
from site_build.hosted import LONGEST, address, shortened
from site_build.not_found import name_from_anywhere
from site_build.notebooks import BRANCH, COLAB, in_colab
from site_build.serve import HOST, server

VERSIONS = """\
from myst_nb import glue

for library in ("keras", "tensorflow", "numpy"):
    glue(f"{library}_version", "1", display=False)"""


@pytest.fixture
def port(hosted: str) -> int:
    """Give the port of the site as it is served."""
    return int(hosted.rpartition(":")[2])


def answer(port: int, path: str, **head: str) -> tuple[int, dict[str, str], bytes]:
    """Ask for *path*; give the status, the head in small letters and the body."""
    connection = HTTPConnection(HOST, port)
    connection.request("GET", path, headers={name.replace("_", "-"): head[name] for name in head})
    got = connection.getresponse()
    return got.status, {name.lower(): value for name, value in got.getheaders()}, got.read()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/docs/api.html?q=1", "text/html; charset=utf-8"),
        ("/_static/site-style.css", "text/css; charset=utf-8"),
        ("/_static/site-script.js", "text/javascript; charset=utf-8"),
        ("/_static/logo.svg", "image/svg+xml"),
    ],
)
def test_text_is_compressed(port: int, path: str, kind: str) -> None:
    """A browser gets text compressed, with its right type; who wants it plain gets it plain."""
    status, head, body = answer(port, path, Accept_Encoding="gzip, br")
    plain = answer(port, path)

    assert (status, head["content-type"]) == (200, kind)
    assert head["content-encoding"] == "gzip"
    assert gzip.decompress(body) == plain[2]
    assert "content-encoding" not in plain[1]


def test_pictures_are_sent_as_they_are(port: int) -> None:
    """A picture is compressed already."""
    _, head, body = answer(port, "/_static/card.png", Accept_Encoding="gzip")

    assert head["content-type"] == "image/png"
    assert "content-encoding" not in head
    assert body.startswith(b"\x89PNG")


def test_a_browser_may_hang_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the middle of what it asks, and who serves the site reads nothing of it."""
    running = server(tmp_path)
    running.daemon_threads = False  # So that closing waits for the answers.
    browser = socket.create_connection((HOST, running.server_port))
    browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    browser.send(b"GET / HTTP/1.1\r\n")
    browser.close()

    running.handle_request()
    running.server_close()

    assert capsys.readouterr().err == ""


def test_nothing_outside_of_the_site_is_served(port: int) -> None:
    """An address that leads out of the site leads to its page for what is not there."""
    assert answer(port, "/../../pyproject.toml")[0] == 404


def test_a_page_for_what_is_not_there(browser: Browser, port: int) -> None:
    """An address without a page shows the site, with its style, its search and links that work."""
    page = Visit.to(browser, f"http://{HOST}:{port}/docs/deep/down/none.html").page
    expect(page.get_by_role("heading", name="This page is not here")).to_be_visible()
    expect(page.locator(".bd-sidebar-primary")).to_have_css("display", "flex")
    page.locator("main").get_by_role("searchbox").fill("go_backwards")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"http://{HOST}:{port}/search.html?q=go_backwards")
    page.go_back()
    page.get_by_role("link", name="Both flags").first.click()

    expect(page).to_have_url(f"http://{HOST}:{port}/docs/flags/both.html")
    page.context.close()


def test_a_page_for_what_is_not_there_in_chinese(browser: Browser, port: int) -> None:
    """The one page that a host has for it leads readers of Chinese to theirs, in Chinese."""
    page = Visit.to(browser, f"http://{HOST}:{port}/zh/docs/none.html").page
    page.get_by_role("link", name="没有这个页面").click()

    expect(page).to_have_url(f"http://{HOST}:{port}/zh/index.html")
    page.goto(f"http://{HOST}:{port}/zh/404.html")
    expect(page.get_by_role("heading", name="没有这个页面")).to_be_visible()
    expect(page.locator(".bd-sidebar-primary")).to_have_css("display", "flex")
    page.context.close()


def test_the_page_for_what_is_not_there_knows_its_site(tmp_path: Path) -> None:
    """Its addresses begin where the site does, be it within a host; others stay as they are."""
    page = tmp_path / "404.html"
    page.write_text(
        '<html data-content_root="./"><link rel="canonical" href="https://a.org/b/c/404.html"/>'
        '<a href="docs/api.html"><a href="#x"><a href="https://k.io"><img src="_static/l.svg">'
        '<form action="search.html">'
    )
    name_from_anywhere(page)

    assert page.read_text() == (
        '<html data-content_root="/b/c/"><link rel="canonical" href="https://a.org/b/c/404.html"/>'
        '<a href="/b/c/docs/api.html"><a href="#x"><a href="https://k.io">'
        '<img src="/b/c/_static/l.svg"><form action="/b/c/search.html">'
    )


def test_a_published_site_says_where_it_is(
    small_site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its address alone come the pages' own addresses, the map, and the cards."""
    (small_site.folder / "docs/locale/zh_CN").mkdir(parents=True)
    monkeypatch.setenv("SITE_URL", "https://a.org/b/")
    monkeypatch.setenv("REPOSITORY", "https://github.com/a/b")
    small_site.write(f"{catalogues.folder('zh_CN')}/docs/page.po", "")  # It has a second language.
    index = (small_site.folder / "index.md").read_text(encoding="utf-8")
    small_site.write("index.md", f"{index}\n{cells(VERSIONS)}")  # A notebook says what it needs.
    run = small_site.run("site_build", "html")
    assert run.returncode == 0, run.stdout
    site = small_site.folder / "_build" / "html"
    page = (site / "zh/docs/page.html").read_text(encoding="utf-8")
    english, chinese = (f"https://a.org/b/{folder}docs/page.html" for folder in ("", "zh/"))

    assert f'<link rel="canonical" href="{chinese}"' in page
    for language, there in {"en": english, "zh-CN": chinese, "x-default": english}.items():
        assert f'<link rel="alternate" hreflang="{language}" href="{there}">' in page
    assert f'<meta property="og:url" content="{chinese}" />' in page
    assert '<meta property="og:image" content="https://a.org/b/zh/_static/card.png" />' in page
    assert (site / "zh/_static/card.png").is_file()
    assert 'href="https://github.com/a/b/issues/new?title=docs%2Fpage' in page
    assert f'href="{in_colab("https://github.com/a/b", "zh/docs/page.ipynb")}"' in page
    assert "Sitemap: https://a.org/b/sitemap.xml\n" in (site / "robots.txt").read_text()
    assert 'href="/b/docs/page.html"' in (site / "404.html").read_text(encoding="utf-8")
    assert 'href="/b/zh/docs/page.html"' in (site / "zh/404.html").read_text(encoding="utf-8")
    pages = ElementTree.parse(site / "sitemap.xml").getroot()
    assert [
        (one[0].text, {link.attrib["hreflang"]: link.attrib["href"] for link in one[1:]})
        for one in pages
    ] == [
        (
            f"https://a.org/b/{folder}{name}.html",
            {
                "en": f"https://a.org/b/{name}.html",
                "zh-CN": f"https://a.org/b/zh/{name}.html",
            },
        )
        for name in ("docs/page", "index")
        for folder in ("", "zh/")
    ]


def test_the_notebooks_are_where_colab_looks() -> None:
    """The workflow that publishes the site pushes every notebook to the branch that Colab opens."""
    workflow = (ROOT / ".github/workflows/pages.yml").read_text(encoding="utf-8")

    assert "path: _build/html/**/*.ipynb\n" in workflow
    assert re.findall(r"git push .*?(\S+)$", workflow, re.M) == [BRANCH]


@pytest.mark.parametrize("text", ["example.org", "https://", "https://a.org/?b", "www.a.org/b"])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    """What is not a whole address is quoted, with one that is; nothing is built from it."""
    with pytest.raises(ValueError, match=re.escape(f"SITE_URL is {text!r}; it must be as in")):
        address("SITE_URL", text)


def test_a_site_without_an_address_claims_none(published: Path) -> None:
    """Unless told where it is, a site names no address, no place for reports, and no Colab."""
    if os.environ.get("SITE_URL") or os.environ.get("REPOSITORY"):
        pytest.skip("This build was told its address.")
    claims = rf'<link rel="(?:canonical|alternate)"|property="og:|class="report"|{COLAB}'
    for page in published.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(claims, text), page
    assert not list(published.rglob("sitemap.xml"))


def test_every_page_has_a_description(published: Path) -> None:
    """What a search engine shows of a page comes from its own first words, and fits."""
    seen = set()
    for page in published.rglob("docs/**/*.html"):
        text = page.read_text(encoding="utf-8")
        [description] = re.findall(r'<meta name="description" content="([^"]*)" />', text)
        assert len(description) > 10
        seen.add(description)

    assert len(seen) == len(list(published.rglob("docs/**/*.html")))


def test_a_long_description_ends_after_a_word() -> None:
    """A description that is too long is cut between words, and one without blanks anywhere."""
    assert len(shortened("word " * 100)) <= LONGEST + 1
    assert shortened("word " * 100).endswith("word…")
    assert len(shortened("字" * 300)) == LONGEST
