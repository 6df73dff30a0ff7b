"""The built site on a host: compressed, with its own addresses and a "not found" page."""

import gzip
import os
import re
import socket
import struct
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, expect
from support.chromium import Visit
from support.site_server import HOST, server
from support.sites import HEADER, ROOT, SmallSite, cell

from site_build.content.notebooks import BRANCH, COLAB, colab_address
from site_build.publish.not_found import make_absolute
from site_build.publish.site_metadata import check_address, shorten

VERSIONS = """\
from myst_nb import glue

for library in ("keras", "tensorflow", "numpy"):
    glue(f"{library}_version", "1", display=False)"""


@pytest.fixture
def port(hosted: str) -> int:
    return int(hosted.rpartition(":")[2])


def request(port: int, path: str, encoding: str = "identity") -> tuple[int, HTTPMessage, bytes]:
    """Request *path*, accepting this encoding; return the status, the headers and the body."""
    connection = HTTPConnection(HOST, port)
    connection.request("GET", path, headers={"Accept-Encoding": encoding})
    response = connection.getresponse()
    return response.status, response.headers, response.read()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/docs/api.html?q=1", "text/html; charset=utf-8"),
        ("/_static/site-style.css", "text/css; charset=utf-8"),
        ("/_static/site-script.js", "text/javascript; charset=utf-8"),
        ("/_static/logo.svg", "image/svg+xml"),
        ("/_static/card.png", "image/png"),
    ],
)
def test_text_is_compressed(port: int, path: str, kind: str) -> None:
    """A file has its type, and text is compressed if the browser accepts that; an image is not."""
    status, head, body = request(port, path, "gzip, br")
    _, plain_head, plain_body = request(port, path)
    is_text = kind != "image/png"

    assert (status, head["Content-Type"]) == (200, kind)
    assert head["Content-Encoding"] == ("gzip" if is_text else None)
    assert "Content-Encoding" not in plain_head
    assert (gzip.decompress(body) if is_text else body) == plain_body


def test_a_browser_may_disconnect(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """If a browser disconnects during a request, the server prints nothing."""
    running = server(tmp_path)
    running.daemon_threads = False  # So that closing waits for the responses.
    browser = socket.create_connection((HOST, running.server_port))
    browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    browser.send(b"GET / HTTP/1.1\r\n")
    browser.close()

    running.handle_request()
    running.server_close()

    assert capsys.readouterr().err == ""


def test_only_the_site_is_served(port: int) -> None:
    """An address outside the site is not found."""
    assert request(port, "/../../pyproject.toml")[0] == 404


def test_the_not_found_page(browser: Browser, port: int) -> None:
    """An address without a page shows a page with the site's style, search and links."""
    page = Visit(browser, f"http://{HOST}:{port}/docs/deep/down/none.html").page
    expect(page.get_by_role("heading", name="This page is not here")).to_be_visible()
    expect(page.locator(".bd-sidebar-primary")).to_have_css("display", "flex")
    page.locator("main").get_by_role("searchbox").fill("go_backwards")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"http://{HOST}:{port}/search.html?q=go_backwards")
    page.go_back()
    page.get_by_role("link", name="Cheat sheet").first.click()

    expect(page).to_have_url(f"http://{HOST}:{port}/docs/cheat-sheet.html")
    page.context.close()


def test_the_not_found_page_in_chinese(browser: Browser, port: int) -> None:
    """The "not found" page of a host links to the Chinese site, in Chinese."""
    page = Visit(browser, f"http://{HOST}:{port}/zh/docs/none.html").page
    page.get_by_role("link", name="没有这个页面").click()

    expect(page).to_have_url(f"http://{HOST}:{port}/zh/index.html")
    page.goto(f"http://{HOST}:{port}/zh/404.html")
    expect(page.get_by_role("heading", name="没有这个页面")).to_be_visible()
    expect(page.locator(".bd-sidebar-primary")).to_have_css("display", "flex")
    page.context.close()


def test_the_addresses_of_the_not_found_page(tmp_path: Path) -> None:
    """Its addresses begin at the site, also in a folder of a host; others do not change."""
    page = tmp_path / "404.html"
    page.write_text(
        '<html data-content_root="./"><link rel="canonical" href="https://a.org/b/c/404.html"/>'
        '<a href="docs/api.html"><a href="#x"><a href="https://k.io"><img src="_static/l.svg">'
        '<form action="search.html">'
    )
    make_absolute(page)

    assert page.read_text() == (
        '<html data-content_root="/b/c/"><link rel="canonical" href="https://a.org/b/c/404.html"/>'
        '<a href="/b/c/docs/api.html"><a href="#x"><a href="https://k.io">'
        '<img src="/b/c/_static/l.svg"><form action="/b/c/search.html">'
    )


def test_a_site_with_an_address(small_site: SmallSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address of the site determines those of the pages, the sitemap, and the cards."""
    monkeypatch.setenv("SITE_URL", "https://a.org/b/")
    monkeypatch.setenv("REPOSITORY", "https://github.com/a/b")
    small_site.write("docs/locale/zh_CN/LC_MESSAGES/docs/page.po", "")  # A second language.
    index = (small_site.folder / "index.md").read_text(encoding="utf-8")
    # A notebook lists its requirements.
    small_site.write("index.md", f"{HEADER}{index}\n{cell(VERSIONS)}")
    run = small_site.run("site_build", "html")
    assert run.returncode == 0, run.stdout
    site = small_site.folder / "_build" / "html"
    page = small_site.html("zh/docs/page")
    english, chinese = (f"https://a.org/b/{folder}docs/page.html" for folder in ("", "zh/"))

    assert f'<link rel="canonical" href="{chinese}"' in page
    for language, there in {"en": english, "zh-CN": chinese, "x-default": english}.items():
        assert f'<link rel="alternate" hreflang="{language}" href="{there}">' in page
    assert f'<meta property="og:url" content="{chinese}" />' in page
    assert '<meta property="og:image" content="https://a.org/b/zh/_static/card.png" />' in page
    assert (site / "zh/_static/card.png").is_file()
    assert 'href="https://github.com/a/b/issues/new?title=docs%2Fpage' in page
    assert f'href="{colab_address("https://github.com/a/b", "zh/docs/page.ipynb")}"' in page
    assert "Sitemap: https://a.org/b/sitemap.xml\n" in (site / "robots.txt").read_text()
    assert 'href="/b/docs/page.html"' in small_site.html("404")
    assert 'href="/b/zh/docs/page.html"' in small_site.html("zh/404")
    pages = ElementTree.parse(site / "sitemap.xml").getroot()
    found = [[url[0].text, *(link.attrib for link in url[1:])] for url in pages]
    for name in ("docs/page", "index"):
        tags = {"en": f"https://a.org/b/{name}.html", "zh-CN": f"https://a.org/b/zh/{name}.html"}
        links = [{"rel": "alternate", "hreflang": tag, "href": href} for tag, href in tags.items()]
        assert found[:2] == [[address, *links] for address in tags.values()]
        del found[:2]
    assert found == []


def test_the_notebooks_are_where_colab_looks() -> None:
    """The workflow that publishes the site pushes every notebook to the branch that Colab opens."""
    workflow = (ROOT / ".github/workflows/pages.yml").read_text(encoding="utf-8")

    assert "path: _build/html/**/*.ipynb\n" in workflow
    assert re.findall(r"git push .*?(\S+)$", workflow, re.M) == [BRANCH]


@pytest.mark.parametrize("text", ["example.org", "https://", "https://a.org/?b", "www.a.org/b"])
def test_an_invalid_address_raises(text: str) -> None:
    """The error quotes the invalid address and a valid one."""
    message = f"Expected SITE_URL to be an address such as https://example.org/rnn, got {text!r}."
    with pytest.raises(ValueError, match=re.escape(message)):
        check_address("SITE_URL", text)


def test_a_site_without_an_address(published: Path) -> None:
    """Without these settings a site has no absolute address, no link for reports, and no Colab."""
    if os.environ.get("SITE_URL") or os.environ.get("REPOSITORY"):
        pytest.skip("This build has an address.")
    link = '<link rel="(?:canonical"|alternate" (?!type="text/markdown"))'
    metadata = rf'{link}|property="og:|class="report"|{COLAB}'
    for page in published.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(metadata, text), page
    assert not list(published.rglob("sitemap.xml"))


def test_every_page_has_a_description(published: Path) -> None:
    """Every page has a different description for search engines, made of whole sentences."""
    seen = set()
    for page in published.rglob("docs/**/*.html"):
        text = page.read_text(encoding="utf-8")
        [description] = re.findall(r'<meta name="description" content="([^"]*)" />', text)
        assert len(description) > 10
        assert description.endswith((".", "?", "。", "？")), page
        seen.add(description)

    assert len(seen) == len(list(published.rglob("docs/**/*.html")))


@pytest.mark.parametrize(
    ("sentences", "kept"),
    [
        (["A layer returns its output."] * 9, 5),
        (["循环层返回输出。"] * 30, 20),
        ([f"A {'very ' * 40}long sentence.", "Another one."], 1),
        (["Use a layer, e.g. LSTM, or keras.layers.GRU.", "x" * 150], 1),
    ],
    ids=["English", "Chinese", "a long sentence", "periods inside a sentence"],
)
def test_a_long_description_ends_with_a_sentence(sentences: list[str], kept: int) -> None:
    """A description has the sentences that fit into it, and at least one."""
    blank = "" if sentences[0].endswith("。") else " "
    assert shorten(blank.join(sentences)) == blank.join(sentences[:kept])
