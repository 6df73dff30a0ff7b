"""The site in Chinese: whole, true to the English pages, and set as Chinese is set."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

import pytest
from babel.messages.catalog import Catalog
from browser import Open
from bs4 import BeautifulSoup, Tag
from bs4.filter import SoupStrainer
from conftest import ROOT, SmallSite, copy_of_this_site
from test_pages import PAGES

from atlas.phrases import phrases
from site_build import catalogues
from site_build.__main__ import NO_EXECUTION, STRICT
from site_build.proofread import GLOSSARY, problems

ZH = "zh_CN"
CATALOGUES = [
    file.relative_to(ROOT).as_posix() for file in (ROOT / catalogues.LOCALE).rglob("*.po")
]
FENCE = "`" * 3
# A table of the atlas, with the choice before it, and its words but for what Keras itself says.
ATLAS = re.compile(
    r'(?:<p class="pick".*?</p>\s*)?<table class="rnn-table atlas.*?</table>', re.DOTALL
)
WORDS_OF_THE_ATLAS = re.compile(r'(?<=>)(?<!lang="en">)[^<]+')


def soup_of(published: Path, page: str) -> BeautifulSoup:
    """Read a page of the built site."""
    return BeautifulSoup((published / page).read_text(encoding="utf-8"), "html.parser")


def po(*messages: tuple[str, str]) -> str:
    """Write a catalogue."""
    template = Catalog()
    for english, chinese in messages:
        template.add(english, chinese)
    return catalogues.text_of(template, ZH)


# The catalogues.


@pytest.mark.parametrize("file", CATALOGUES)
def test_nothing_is_left_to_translate(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every message is translated, by the glossary, with its links and values, set as Chinese."""
    monkeypatch.chdir(ROOT)

    assert list(problems(Path(file))) == []


def test_the_catalogues_are_what_the_pages_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No page says what its catalogue does not have: `make translate` would change nothing."""
    site = copy_of_this_site(tmp_path)
    before = {file: (ROOT / file).read_text(encoding="utf-8") for file in CATALOGUES}

    result = site.run("site_build", "translate")

    assert result.returncode == 0, result.stdout
    monkeypatch.chdir(tmp_path)
    after = {file.as_posix(): file.read_text(encoding="utf-8") for file in catalogues.files(ZH)}
    assert sorted(after) == sorted(before)
    assert [file for file in after if after[file] != before[file]] == []


def test_the_catalogue_has_all_that_the_atlas_says() -> None:
    """Each title, each of the news and all else that the atlas's tables say is in the catalogue."""
    ids = {str(one.id) for one in catalogues.read(ROOT / catalogues.folder(ZH) / "outputs.po")}
    diagrams = {str(one.id) for one in catalogues.read(ROOT / catalogues.DIAGRAMS)}

    assert set(phrases()) - ids == set(), "Run `make translate`, and translate these."
    assert ids - diagrams - set(phrases()) == set(), "Nobody says these any more."


@pytest.mark.parametrize(
    ("english", "chinese", "problem"),
    [
        ("The last step.", "", "not translated"),
        ("See [here](a.md).", "见这里。", "lost: link to a.md"),
        ("See [here](a.md).", "见[这里](b.md)。", "added: link to b.md"),
        ("It is {glue:text}`a.md::h:.6f`.", "是它。", "lost: {glue:text}`a.md::h:.6f`"),
        ("It is {glue:text}`a.md::h:.6f`.", "是 {glue:text}`a.md::h:s`。", "lost: {glue:text}"),
        ("{ref}`Why? <q-why>`", "{ref}`为什么？ <q-what>`", "lost: {ref}`q-why`"),
        ("Set `mask`.", "设上它。", "lost: `mask`"),
        ("Set it.", "设 `mask`。", "added: `mask`"),
        ("On %(keras)s.", "在 Keras 上。", "lost: %(keras)s"),
        ("Step {step}.", "这一步。", "lost: {step}"),
        ("As *said*.[^1]", "如上所述。", "lost: [^1]"),
        ('A <a href="a.csv">table</a>.', "一张表。", 'lost: <a href="a.csv">'),
        ("Two lines.", "第一段。\n\n第二段。", "Markdown reads"),
        ("Set `mask`.", "设 `mask。", "Markdown was not read as such"),
        ("The cell state.", "单元的状态。", "the glossary has 细胞状态 for 'cell state'"),
        ("The hidden state.", "隐藏状态，即隐状态。", "the glossary forbids 隐状态"),
        ("Set `mask` now.", "现在设`mask`。", "a space is needed"),
        ("It is Keras.", "是Keras。", "a space is needed"),
        ("It runs twice.", "运行 两次。", "no space belongs between"),
        ("It is Keras.", "是 Keras 。", "no space belongs beside"),
        ("It runs, twice.", "运行,两次。", "a half-width mark"),
        ("It is Keras.", "是 Keras.", "a half-width mark"),
        ("It (Keras) runs.", "它 (Keras) 运行。", "a half-width mark"),
        ('It "runs".', "它“运行”了「两次」。", "quotation marks"),
        ("On 2 cores.", "用 ２ 个内核。", "half-width"),
        ("And so on …", "等等…", "an ellipsis"),
    ],
)
def test_what_is_found_in_a_translation(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    english: str,
    chinese: str,
    problem: str,
) -> None:
    """A translation that loses a thing, misses the glossary or is set badly is reported."""
    monkeypatch.chdir(ROOT)
    file = tmp_path / "page.po"
    file.write_text(po((english, chinese)), encoding="utf-8")

    found = list(problems(file))

    assert found
    assert any(one.startswith(problem) or problem in one.split("\n")[0] for one in found), found


def test_a_good_translation_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the style guide asks for is not reported."""
    monkeypatch.chdir(ROOT)
    good = po(
        (
            "The *hidden state* `h` is {glue:text}`a.md::h:.6f`.",
            "隐藏状态 `h` 是 {glue:text}`a.md::h:.6f`。",
        ),
        ("See [the layers](a.md), {ref}`or not <b>`.", "见[各种层](a.md)，{ref}`或者不看 <b>`。"),
        ("A :class:`Trace` of ``x``.", "`x` 的 {py:class}`Trace`。"),
        ("`LSTM`", "`LSTM`"),
        ("CC BY 4.0, by Keras's people.", "CC BY 4.0，出自 Keras 的作者——“他们”。"),
    )
    (tmp_path / "page.po").write_text(good, encoding="utf-8")

    assert list(problems(tmp_path / "page.po")) == []


def test_an_edit_loses_no_translation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence that changed keeps its translation as fuzzy; one that is gone, as obsolete."""
    monkeypatch.chdir(tmp_path)
    file = catalogues.folder(ZH) / "page.po"
    file.parent.mkdir(parents=True)
    shutil.copy(ROOT / GLOSSARY, GLOSSARY)
    file.write_text(
        po(
            ("The layer reads the whole sequence.", "层读入整个序列。"),
            ("Nobody says this any more.", "没人再这么说了。"),
            ("Write it", "怎么写"),
        ),
        encoding="utf-8",
    )
    extracted = tmp_path / "extracted"
    extracted.mkdir()
    for name, sentences in {
        "page": ["Write it", "The layer reads the whole sequence twice.", "`LSTM`", "Write"],
        "other": ["Write it"],
    }.items():
        text = po(*((sentence, "") for sentence in sentences))
        (extracted / f"{name}.pot").write_text(text, encoding="utf-8")

    catalogues.update(ZH, extracted)

    page, other = catalogues.read(file), catalogues.read(file.with_name("other.po"))
    changed = page["The layer reads the whole sequence twice."]
    assert (changed.string, changed.fuzzy) == ("层读入整个序列。", True)
    assert [message.string for message in page.obsolete.values()] == ["没人再这么说了。"]
    assert page["`LSTM`"].string == "`LSTM`"
    assert not page["Write"].string, "It is like another sentence, which is still there."
    assert other["Write it"].string == "怎么写"
    said = [problem.split("\n")[0] for problem in problems(file)]
    assert any(one.startswith("fuzzy") for one in said)
    assert any(one.startswith("obsolete") for one in said)

    before = file.read_text(encoding="utf-8")
    catalogues.update(ZH, extracted)
    assert file.read_text(encoding="utf-8") == before


# The built pages.


@pytest.mark.parametrize("page", [*PAGES, "search.html", "genindex.html"])
def test_every_page_has_the_way_to_the_other_language(published: Path, page: str) -> None:
    """Each page is there in both languages, says which it is in, and leads to its twin."""
    for here, tag, there, other, name in (
        (page, "en", f"zh/{page}", "zh-CN", "简体中文"),
        (f"zh/{page}", "zh-CN", page, "en", "English"),
    ):
        html = (published / here).read_text(encoding="utf-8")
        assert re.findall(r'<html[^>]* lang="(.*?)"', html) == [tag]
        (found,) = re.findall(r'<a class="[^"]*language-switch.*?</a>', html, re.DOTALL)
        (switch,) = BeautifulSoup(found, "html.parser").select("a.language-switch")
        assert urljoin(here, str(switch["href"])) == there
        assert (published / there).exists()
        assert (switch["lang"], switch["hreflang"], switch.text) == (other, other, name)


@pytest.mark.parametrize("page", PAGES)
def test_outputs_are_the_english_pages_own(published: Path, page: str) -> None:
    """A Chinese page shows the same code and the same outputs as the English one."""

    def cells(html: str) -> list[str]:
        # What a diagram says in words is translated, and what the atlas does.
        html = re.sub(r"(<title|<desc)[^>]*>[^<]*|aria-label=\"[^\"]*\"", "", html)
        html = re.sub(ATLAS, lambda found: WORDS_OF_THE_ATLAS.sub("", found[0]), html)
        only = SoupStrainer("div", class_="cell")
        return [str(cell) for cell in BeautifulSoup(html, "html.parser", parse_only=only)]

    english = (published / page).read_text(encoding="utf-8")
    chinese = (published / "zh" / page).read_text(encoding="utf-8")

    assert cells(chinese) == cells(english)


def words_of_the_atlas(published: Path, page: str) -> set[str]:
    """Give each text in the atlas's tables on a page that is not a message of Keras."""
    soup = soup_of(published, page)
    for message in soup.select("td [lang=en], th [lang=en]"):
        message.extract()
    places = soup.select("table.atlas, .pick")
    return {text for place in places for text in place.stripped_strings}


@pytest.mark.parametrize("page", ["atlas", "backends", "coming", "pytorch"])
def test_the_atlas_speaks_chinese(published: Path, page: str) -> None:
    """On a Chinese page no sentence or word in a table of the atlas is in English, but names."""
    names = {"nightly", "list", "tuple", "sigmoid", "tanh", "inputs", "sequences", "output",
             "jax", "numpy", "python", "tensorflow", "torch"}  # fmt: skip
    english = words_of_the_atlas(published, f"docs/{page}.html")
    chinese = words_of_the_atlas(published, f"zh/docs/{page}.html")

    assert english
    assert {text for text in chinese if re.search(r"\b[a-z]{2,} [a-z]{2,}", text)} == set()
    word = re.compile(r"(?<![\w.=('+-])[a-z]{2,}(?![\w.=('-])")
    assert {text for text in english & chinese if set(word.findall(text)) - names} == set()


def words_of_the_theme(soup: BeautifulSoup) -> set[str]:
    """Give what a page shows or says that does not come from its own text."""
    for own in soup.select("article, nav, .prev-next-area, link, title, #jb-print-docs-body"):
        own.extract()
    attributes = {
        str(tag[name])
        for tag in soup.find_all(True)
        if isinstance(tag, Tag) and not tag.get("lang")
        for name in ("title", "aria-label", "placeholder", "alt", "data-bs-title")
        if tag.has_attr(name)
    }
    body = soup.body
    assert body
    for other in body.select("[lang], code, script, style, noscript"):
        other.extract()
    return {text.strip() for text in {*attributes, *body.stripped_strings}}


@pytest.mark.parametrize("page", ["index.html", "docs/flags/both.html", "search.html"])
def test_the_theme_speaks_chinese(published: Path, page: str) -> None:
    """No button, hint or label of a Chinese page is in English."""
    names = {"Keras", "TensorFlow", "NumPy", "keras-rnn-returns", "Ctrl", "Python", "MB"}
    english = words_of_the_theme(soup_of(published, page))
    chinese = words_of_the_theme(soup_of(published, f"zh/{page}"))

    left = {text for text in english & chinese if set(re.findall("[A-Za-z-]{2,}", text)) - names}
    assert left == set()


def test_a_query_finds_the_pages_that_have_it(published: Path, visit: Open) -> None:
    """Whichever page has the words of a query is found by it, also from a disk."""
    said = {one: soup_of(published, f"zh/{one}").select("article")[0].get_text() for one in PAGES}
    page = visit("zh/search.html").page
    for query in ("隐藏状态", "掩码", "门", "return_state", "重新训练"):
        page.goto(f"{page.url.partition('?')[0]}?q={query}")
        page.locator("#search-results .search-summary", has_text="找到").wait_for()
        links = page.locator("#search-results li a").evaluate_all("all => all.map(one => one.href)")
        found = {link.partition("#")[0].partition("/zh/")[2] for link in links}

        has_it = {one for one, text in said.items() if query in text}
        assert has_it, query
        assert has_it <= found, query


def test_the_switch_works_by_keyboard(visit: Open) -> None:
    """Who tabs through the head of a page comes to the other language, and to the same page."""
    page = visit("docs/flags/both.html").page
    for _ in range(100):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.hreflang") == "zh-CN":
            break
    page.keyboard.press("Enter")

    page.wait_for_url("**/zh/docs/flags/both.html")
    assert page.locator("html").get_attribute("lang") == "zh-CN"


# The build.


@pytest.fixture
def two_languages(small_site: SmallSite, page: Callable[[str], str]) -> SmallSite:
    """Give a small site with a sentence that is translated."""
    small_site.write("docs/page.md", page(f"It runs.\n\n{FENCE}{{code-cell}}\n1 + 1\n{FENCE}"))
    return small_site


def translate(site: SmallSite, *messages: tuple[str, str]) -> None:
    """Translate the page of a small site."""
    site.write(f"{catalogues.folder(ZH)}/docs/page.po", po(*messages))


def test_nothing_is_executed_in_chinese(two_languages: SmallSite) -> None:
    """The second language takes all outputs from the first: it cannot even start a kernel."""
    english = two_languages.run("sphinx", "-b", "html", *STRICT, ".", "_build/en/out")
    assert english.returncode == 0, english.stdout
    assert "Executed docs/page" in english.stdout
    conf = (two_languages.folder / "conf.py").read_text(encoding="utf-8")
    two_languages.write(
        "conf.py",
        f"{conf}\nfrom jupyter_client import AsyncKernelManager\n"
        "AsyncKernelManager.start_kernel = None\n",
    )

    translate(two_languages, ("It runs.", "它会运行。"))
    options = ["-b", "html", *STRICT, "-D", "language=zh_CN"]
    chinese = two_languages.run("sphinx", *options, ".", "_build/zh/out")

    assert chinese.returncode == 0, chinese.stdout
    page = (two_languages.folder / "_build/zh/out/docs/page.html").read_text(encoding="utf-8")
    assert "它会运行。" in page
    assert "<pre>2" in re.sub("</?span[^>]*>", "", page)
    two_languages.write("docs/page.md", PAGE_CHANGED)
    assert two_languages.run("sphinx", *options, ".", "_build/zh/out").returncode != 0


PAGE_CHANGED = f"""---
file_format: mystnb
kernelspec:
  name: python3
  language: python
---

# A page

{FENCE}{{code-cell}}
2 + 2
{FENCE}
"""


def test_search_engines_get_whole_addresses_where_the_site_has_one(small_site: SmallSite) -> None:
    """With the address of the site set, each page names itself and its twin by whole addresses."""
    translate(small_site)
    options = ["-D", "html_baseurl=https://example.org/rnn", "-D", "language=zh_CN"]
    result = small_site.run("sphinx", "-b", "html", *NO_EXECUTION, *options, ".", "_build/zh/out")
    assert result.returncode == 0, result.stdout

    soup = soup_of(small_site.folder, "_build/zh/out/docs/page.html")
    links = {
        str(link.get("hreflang", "canonical")): link["href"]
        for link in soup.select('link[rel="alternate"], link[rel="canonical"]')
    }
    english, chinese = (f"https://example.org/rnn/{place}docs/page.html" for place in ("", "zh/"))
    assert links == {"canonical": chinese, "zh-CN": chinese, "en": english, "x-default": english}


def test_a_fact_typed_in_chinese_fails_the_build(two_languages: SmallSite) -> None:
    """The guards read the Chinese too, and then neither language is published."""
    translate(two_languages, ("It runs.", "它得到0.1545。"))

    result = two_languages.run("site_build", "html")

    assert result.returncode != 0
    assert "'0.1545' is typed in prose" in result.stdout
    assert not (two_languages.folder / "_build/html").exists()


def speaking_site(site: SmallSite, page: Callable[[str], str], *outputs: str) -> SmallSite:
    """Give a small site with these outputs on its page, and with the real catalogue of outputs."""
    code = f"from IPython.display import HTML\nHTML({''.join(outputs)!r})"
    site.write("docs/page.md", page(f"{FENCE}{{code-cell}}\n{code}\n{FENCE}"))
    source = catalogues.folder(ZH) / catalogues.OUTPUTS
    site.write(source.as_posix(), (ROOT / source).read_text(encoding="utf-8"))
    return site


def diagram(words: str) -> str:
    """Write a diagram that says *words*."""
    return f'<svg class="rnn-diagram" role="img"><desc>{words}</desc></svg>'


def table(title: str, value: str) -> str:
    """Write a table as the atlas has them."""
    return (
        f'<table class="rnn-table atlas"><tbody><tr><th scope="row">{title}</th>'
        f"<td>{value}</td></tr></tbody></table>"
    )


def test_outputs_that_speak_are_translated(
    small_site: SmallSite, page: Callable[[str], str]
) -> None:
    """What diagrams and the atlas say is Chinese on a Chinese page, but for Keras's messages."""
    message = '<span lang="en">ValueError: Expected 2 states, and got 3.</span>'
    outputs = [
        diagram("The layer reads x₁ to x₃. The states start from zeros."),
        table("Masks: does GRU hand its mask on to the next layer?", "refused: ValueError"),
        table("Keras 3.0 to Keras nightly: ", message),
    ]
    site = speaking_site(small_site, page, *outputs)

    result = site.run("site_build", "html")

    assert result.returncode == 0, result.stdout
    html = (site.folder / "_build/html/docs/page.html").read_text(encoding="utf-8")
    chinese = (site.folder / "_build/html/zh/docs/page.html").read_text(encoding="utf-8")
    assert "".join(outputs) in html
    assert diagram("层从 x₁ 读到 x₃。状态从零开始。") in chinese
    assert table("掩码：GRU 是否把掩码传给下一层", "拒绝：ValueError") in chinese
    assert table("Keras 3.0 至 Keras nightly：", message) in chinese


def test_what_no_translation_has_is_named(
    small_site: SmallSite, page: Callable[[str], str]
) -> None:
    """What a diagram or the atlas says and the catalogue does not have fails the build."""
    unknown = {
        "The layer eats x₁.": diagram("The layer eats x₁."),
        "The layer reads x₁ to the end.": diagram("The layer reads x₁ to the end."),
        "does GRU eat its mask?": table("Masks: does GRU eat its mask?", "yes"),
        "now and then": table(
            "Masks: does GRU hand its mask on to the next layer?", "now and then"
        ),
    }
    result = speaking_site(small_site, page, *unknown.values()).run("site_build", "html")

    assert result.returncode != 0
    named = re.findall("An output says '(.*)', which outputs.po does not know", result.stdout)
    assert set(named) == set(unknown)
