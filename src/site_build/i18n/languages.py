"""The languages of the site, and links from every page to the same page in the others.

The pages are written in English; every other language has a catalog for each page in docs/locale.
Code and outputs are the same in all, so only the build in English executes anything.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.osutil import relative_uri

ENGLISH = "en"


@dataclass(frozen=True)
class Language:
    """A language of the site.

    Args:
        folder: The folder of its pages, relative to that of the English pages.
        tag: Its name in HTML.
        name: Its name in this language.
        settings: Settings of conf.py that readers see.
        theme_options: Options of the theme that readers see.
        not_here: The text of the link to its first page on the "not found" page.
    """

    folder: str
    tag: str
    name: str
    settings: dict[str, str] = field(default_factory=dict)
    theme_options: dict[str, Any] = field(default_factory=dict)
    not_here: str = ""


# By Sphinx's names for them, English first.
LANGUAGES = {
    ENGLISH: Language(
        "", "en", "English", not_here="This page is not here. Start with the English pages"
    ),
    "zh_CN": Language(
        "zh/",
        "zh-CN",
        "简体中文",
        {
            "html_title": "Keras 循环层返回什么",
            "author": "keras-rnn-returns 的作者们",
            "copyright": "keras-rnn-returns 的作者们",
        },
        {"search_bar_text": "搜索……"},
        "没有这个页面。从中文首页开始",
    ),
}


def find_languages(root: Path) -> dict[str, Language]:
    """Return the languages of the site in *root*: English, and those with catalogs there."""
    return {
        name: language
        for name, language in LANGUAGES.items()
        if name == ENGLISH or (root / "docs" / "locale" / name).is_dir()
    }


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.connect("config-inited", _translate_settings)
    app.connect("html-page-context", _add_languages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _translate_settings(app: Sphinx, config: Config) -> None:
    language = LANGUAGES[config.language]
    for name, value in language.settings.items():
        setattr(config, name, value)
    logo = config.html_theme_options["logo"] | {"text": config.html_title}
    config.html_theme_options |= language.theme_options | {"logo": logo}
    if config.html_baseurl:
        config.html_baseurl = f"{config.html_baseurl.rstrip('/')}/{language.folder}"


def _add_languages(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Pass the address of the page in each language to the templates."""
    page = app.builder.get_target_uri(pagename)
    first = app.builder.get_target_uri(app.config.root_doc)
    here = LANGUAGES[app.config.language].folder + page
    links, others = [], []
    for name, language in find_languages(Path(app.srcdir)).items():
        # The relative address of a page from itself is empty.
        address = relative_uri(here, language.folder + page) or page.rpartition("/")[2]
        links.append((language.tag, address))
        if name != app.config.language:
            home = relative_uri(here, language.folder + first)
            others.append(vars(language) | {"address": address, "home": home})
    context["other_languages"] = others
    if app.config.html_baseurl:
        # For search engines, which need absolute addresses. English is the first and the default.
        links.append(("x-default", links[0][1]))
        own = urljoin(app.config.html_baseurl, page)
        context["metatags"] = context.get("metatags", "") + "".join(
            f'\n<link rel="alternate" hreflang="{tag}" href="{urljoin(own, address)}">'
            for tag, address in links
        )
