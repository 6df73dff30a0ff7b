"""The site in Chinese: complete, consistent with the English pages, and in Chinese typography."""

import re
from pathlib import Path
from urllib.parse import urljoin

import pytest
from babel.messages.catalog import Catalog
from bs4 import BeautifulSoup, Tag
from bs4.filter import SoupStrainer
from support.chromium import Open
from support.pages import PAGES
from support.sites import ROOT, SmallSite, cell, copy_of_this_site

from site_build.i18n import catalogs
from site_build.i18n.catalog_lint import CHINESE, find_problems, read_glossary

CATALOGS = [file.relative_to(ROOT).as_posix() for file in (ROOT / catalogs.LOCALE).rglob("*.po")]
GLOSSARY = read_glossary(ROOT)
# A table of compatibility, with the choice before it, and its text except messages of Keras.
TABLE = re.compile(
    r'(?:<p class="pick".*?</p>\s*)?<table class="rnn-table measured.*?</table>', re.DOTALL
)
# Elements of other tables and of diagrams whose text is not a name or a value.
TRANSLATED = '<title|<desc|<caption|<th |<text class="rnn-(?:faint|bold|strong|title)"'
TEXT_OF_TABLE = re.compile(r'(?<=>)(?<!lang="en">)[^<]+')


def read_soup(published: Path, page: str) -> BeautifulSoup:
    return BeautifulSoup((published / page).read_text(encoding="utf-8"), "html.parser")


def write_catalog(file: Path, *messages: tuple[str, str]) -> None:
    catalog = Catalog()
    for english, chinese in messages:
        catalog.add(english, chinese)
    catalogs.write(file, catalog, CHINESE)


# The catalogs.


@pytest.mark.parametrize("file", CATALOGS)
def test_nothing_is_left_to_translate(file: str) -> None:
    """Every message is translated, by the glossary, with its links and values, set as Chinese."""
    assert list(find_problems(ROOT / file, GLOSSARY)) == []


def test_the_catalogs_match_the_pages(tmp_path: Path) -> None:
    """`make translate` changes nothing: each message is in its catalog. It executes nothing."""
    site = copy_of_this_site(tmp_path)
    before = {file: (ROOT / file).read_text(encoding="utf-8") for file in CATALOGS}

    result = site.run("site_build", "translate")

    assert result.returncode == 0, result.stdout
    assert "Executed" not in result.stdout
    after = {
        file.relative_to(tmp_path).as_posix(): file.read_text(encoding="utf-8")
        for file in catalogs.files(tmp_path, CHINESE)
    }
    assert sorted(after) == sorted(before)
    assert [file for file in after if after[file] != before[file]] == []


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
        ("It is Keras.", "是 Keras 。", "no space belongs next to"),
        ("It runs, twice.", "运行,两次。", "a half-width mark"),
        ("It is Keras.", "是 Keras.", "a half-width mark"),
        ("It (Keras) runs.", "它 (Keras) 运行。", "a half-width mark"),
        ('It "runs".', "它“运行”了「两次」。", "quotation marks"),
        ("On 2 cores.", "用 ２ 个内核。", "half-width"),
        ("And so on …", "等等…", "an ellipsis"),
    ],
)
def test_a_problem_is_found(tmp_path: Path, english: str, chinese: str, problem: str) -> None:
    """A translation that loses a thing, misses the glossary or is set badly is reported."""
    write_catalog(tmp_path / "page.po", (english, chinese))

    found = list(find_problems(tmp_path / "page.po", GLOSSARY))

    assert any(problem in text.split("\n")[0] for text in found), found


def test_a_good_translation_passes(tmp_path: Path) -> None:
    """A translation that follows the style guide has no problem."""
    write_catalog(
        tmp_path / "page.po",
        (
            "The *hidden state* `h` is {glue:text}`a.md::h:.6f`.",
            "隐藏状态 `h` 是 {glue:text}`a.md::h:.6f`。",
        ),
        ("See [the layers](a.md), {ref}`or not <b>`.", "见[各种层](a.md)，{ref}`或者不看 <b>`。"),
        ("A :class:`Trace` of ``x``.", "`x` 的 {py:class}`Trace`。"),
        ("`LSTM`", "`LSTM`"),
        ("CC BY 4.0, by Keras's people.", "CC BY 4.0，出自 Keras 的作者——“他们”。"),
    )

    assert list(find_problems(tmp_path / "page.po", GLOSSARY)) == []


def test_an_edit_loses_no_translation(tmp_path: Path) -> None:
    """A sentence that changed keeps its translation as fuzzy; a deleted one becomes obsolete."""
    file = catalogs.folder(tmp_path, CHINESE) / "page.po"
    write_catalog(
        file,
        ("The layer reads the whole sequence.", "层读入整个序列。"),
        ("Nobody says this any more.", "没人再这么说了。"),
        ("Write it", "怎么写"),
    )
    extracted = tmp_path / "extracted"
    sentences = ["Write it", "The layer reads the whole sequence twice.", "`LSTM`", "Write"]
    write_catalog(extracted / "page.pot", *((sentence, "") for sentence in sentences))
    write_catalog(extracted / "other.pot", ("Write it", ""))

    catalogs.update(tmp_path, CHINESE, extracted)

    page, other = catalogs.read(file), catalogs.read(file.with_name("other.po"))
    changed = page["The layer reads the whole sequence twice."]
    assert (changed.string, changed.fuzzy) == ("层读入整个序列。", True)
    assert [message.string for message in page.obsolete.values()] == ["没人再这么说了。"]
    assert page["`LSTM`"].string == "`LSTM`"
    assert not page["Write"].string, "It resembles another sentence, which is still there."
    assert other["Write it"].string == "怎么写"
    problems = [problem.split(",")[0] for problem in find_problems(file, GLOSSARY)]
    assert {"fuzzy", "obsolete"} <= set(problems)

    before = file.read_text(encoding="utf-8")
    catalogs.update(tmp_path, CHINESE, extracted)
    assert file.read_text(encoding="utf-8") == before


# The built pages.


@pytest.mark.parametrize("page", [*PAGES, "search.html", "genindex.html"])
def test_every_page_links_to_the_other_language(published: Path, page: str) -> None:
    """Each page exists in both languages, declares its own, and links to the other."""
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
def test_outputs_are_those_of_the_english_page(published: Path, page: str) -> None:
    """A Chinese page shows the same code and the same outputs as the English one."""

    def cells(html: str) -> list[str]:
        # The texts of diagrams and tables are translated.
        html = re.sub(rf"({TRANSLATED})[^>]*>[^<]*|aria-label=\"[^\"]*\"", "", html)
        html = re.sub("<td>(symbolic|符号张量|[^<]* in part|部分 [^<]*)</td>", "", html)
        html = TABLE.sub(lambda found: TEXT_OF_TABLE.sub("", found[0]), html)
        only = SoupStrainer("div", class_="cell")
        return [str(cell) for cell in BeautifulSoup(html, "html.parser", parse_only=only)]

    english = (published / page).read_text(encoding="utf-8")
    chinese = (published / "zh" / page).read_text(encoding="utf-8")

    assert cells(chinese) == cells(english)


def texts_of_tables(published: Path, page: str) -> set[str]:
    """Return each text in the compatibility tables of a page that is not a message of Keras."""
    soup = read_soup(published, page)
    for message in soup.select("td [lang=en], th [lang=en], .version-notes :is(code, pre)"):
        message.extract()
    places = soup.select("table.measured, table.differences, .pick, .version-notes")
    return {text for place in places for text in place.stripped_strings}


@pytest.mark.parametrize("page", ["version-history", "compatibility", "pytorch"])
def test_the_tables_are_chinese(published: Path, page: str) -> None:
    """On a Chinese page only names are English in the compatibility tables."""
    names = {"nightly", "list", "tuple", "dict", "sigmoid", "tanh", "inputs", "sequences", "output",
             "jax", "numpy", "openvino", "python", "releases", "tensorflow", "torch"}  # fmt: skip
    english = texts_of_tables(published, f"docs/{page}.html")
    chinese = texts_of_tables(published, f"zh/docs/{page}.html")

    assert english
    assert {text for text in chinese if re.search(r"\b[a-z]{2,} [a-z]{2,}", text)} == set()
    word = re.compile(r"(?<![\w.=('+-])[a-z]{2,}(?![\w.=('-])")
    assert {text for text in english & chinese if set(word.findall(text)) - names} == set()


def texts_of_the_theme(soup: BeautifulSoup) -> set[str]:
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
def test_the_theme_is_chinese(published: Path, page: str) -> None:
    """No button, hint or label of a Chinese page is in English."""
    names = {"Keras", "TensorFlow", "NumPy", "keras-rnn-returns", "Ctrl", "Python", "MB"}
    english = texts_of_the_theme(read_soup(published, page))
    chinese = texts_of_the_theme(read_soup(published, f"zh/{page}"))

    left = {text for text in english & chinese if set(re.findall("[A-Za-z-]{2,}", text)) - names}
    assert left == set()


def test_a_query_finds_the_pages_with_its_words(published: Path, visit: Open) -> None:
    """Every page with the words of a query is found, also from a disk."""
    texts = {
        name: read_soup(published, f"zh/{name}").select("article")[0].get_text() for name in PAGES
    }
    page = visit("zh/search.html").page
    for query in ("隐藏状态", "掩码", "门", "return_state", "重新训练"):
        page.goto(f"{page.url.partition('?')[0]}?q={query}")
        page.locator("#search-results .search-summary", has_text="找到").wait_for()
        more = page.get_by_role("button", name="显示更多结果")
        while more.is_visible():
            more.click()
        links = page.locator("#search-results li a").evaluate_all(
            "all => all.map(link => link.href)"
        )
        found = {link.partition("#")[0].partition("/zh/")[2] for link in links}

        wanted = {name for name, text in texts.items() if query in text}
        assert wanted, query
        assert wanted <= found, query


def test_the_switch_works_by_keyboard(visit: Open) -> None:
    """The Tab key reaches the link to the same page in the other language."""
    page = visit("docs/flags/both.html").page
    for _ in range(100):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.hreflang") == "zh-CN":
            break
    page.keyboard.press("Enter")

    page.wait_for_url("**/zh/docs/flags/both.html")
    assert page.locator("html").get_attribute("lang") == "zh-CN"


# The build.


def test_a_fact_typed_in_chinese_fails_the_build(small_site: SmallSite) -> None:
    """The checks read the Chinese text too, and then neither language is published."""
    small_site.write_page("It runs.")
    catalog = catalogs.folder(small_site.folder, CHINESE) / "docs/page.po"
    write_catalog(catalog, ("It runs.", "它得到0.1545。"))

    result = small_site.run("site_build", "html")

    assert result.returncode != 0
    assert "'0.1545' is typed in prose" in result.stdout
    assert not (small_site.folder / "_build/html").exists()


def test_values_survive_a_translation(small_site: SmallSite) -> None:
    """The Chinese page has the values and outputs of the English one, and is not executed."""
    text = "The sum is {glue:text}`page.md::sum:s`."
    glue = cell("from myst_nb import glue\nglue('sum', 40 + 2)", "remove-cell")
    small_site.write_page("\n\n".join([text, glue, cell("'one' + 'two'")]))
    catalog = catalogs.folder(small_site.folder, CHINESE) / "docs/page.po"
    write_catalog(catalog, (text, "和是 {glue:text}`page.md::sum:s`。"))

    log = small_site.run("site_build", "html").stdout

    assert log.count("Executed docs/page") == 1, log
    value = '<span class="pasted-text">42</span>'
    assert f"The sum is {value}." in small_site.html("docs/page")
    chinese = small_site.html("zh/docs/page")
    assert f"和是 {value}。" in chinese
    assert "onetwo" in chinese


# Displays a paragraph for each text, with the messages for translation.
OUTPUT = """
from rnn_returns.messages import CodeMessage, Joined, Message, to_html, translatable

class Output:
    def __repr__(self):
        return "an output"

    def html(self, render):
        return "".join(f"<p>{render(text)}</p>" for text in self.texts)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self.html(to_html), **translatable(self.html)}

"""


def build_with_output(site: SmallSite, texts: str) -> str:
    """Build a small site in both languages, with these texts in an output; return the messages."""
    site.write_page(cell(f"{OUTPUT}output = Output()\noutput.texts = {texts}\noutput"))
    write_catalog(
        catalogs.folder(site.folder, CHINESE) / catalogs.OUTPUTS,
        (": ", "："),
        ("It reads {steps}.", "它读入 {steps}。"),
        ("The `h` of 'a' & <b>", "'a' & <b> 的 `h`"),
        ("no more than {count} <b> with `h`", "至多 {count} 个 <b>，含 `h`"),
    )
    return site.run("site_build", "html").stdout


def test_messages_of_outputs_are_translated(small_site: SmallSite) -> None:
    """A message is translated with those inside it, and its code is marked if it is prose.

    Other text, such as Keras's, stays.
    """
    count = "Message('no more than {count} <b> with `h`', count=3)"
    reads = f"Message('It reads {{steps}}.', steps={count})"
    texts = f"['Expected 2 states', Joined(': ', ['LSTM', {count}]), Joined(' ', [{reads}] * 2)]"

    texts = f"{texts} + [CodeMessage('The `h` of \\'a\\' & <b>')]"

    log = build_with_output(small_site, texts)

    html, chinese = (small_site.html(f"{folder}docs/page") for folder in ("", "zh/"))
    assert "<p>The <code>h</code> of &#x27;a&#x27; &amp; &lt;b&gt;</p>" in html, log
    assert "<p>&#x27;a&#x27; &amp; &lt;b&gt; 的 <code>h</code></p>" in chinese
    count = "no more than 3 &lt;b&gt; with h"
    english = f"LSTM: {count}</p><p>It reads {count}. It reads {count}."
    assert f"<p>Expected 2 states</p><p>{english}</p>" in html, log
    count = "至多 3 个 &lt;b&gt;，含 h"
    translated = f"LSTM：{count}</p><p>它读入 {count}。它读入 {count}。"
    assert f"<p>Expected 2 states</p><p>{translated}</p>" in chinese
    assert not [
        file
        for file in (small_site.folder / "_build/html").rglob("*")
        if file.is_file() and b"vnd.rnn-returns" in file.read_bytes()
    ]


def test_a_message_without_a_translation_fails_the_build(small_site: SmallSite) -> None:
    """A message of an output that the catalog does not have is named, also inside another."""
    inner = "Message('eats')"
    texts = (
        f"[Message('It reads {{steps}}.', steps={inner}), Joined(' ', [Message('so {{x}}', x=1)])]"
    )

    log = build_with_output(small_site, texts)

    named = re.findall("outputs.po has no translation of this message of an output: '(.*)'", log)
    assert named == ["eats", "so {x}"]
    assert not (small_site.folder / "_build/html").exists()
