"""The languages of the site, and on every page the way to the same page in the others.

The pages are written in English; every other language is a catalogue a page in docs/locale. Code
and outputs are the same in all, so that only the build in English executes anything.
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
        folder: Where its pages are published, below those in English.
        tag: Its name in HTML.
        name: What it calls itself.
        settings: Settings of conf.py that readers see.
        theme_options: Options of the theme that readers see.
        not_here: What a link to its first page says, on a page for what is not there.
    """

    folder: str
    tag: str
    name: str
    settings: dict[str, str] = field(default_factory=dict)
    theme_options: dict[str, Any] = field(default_factory=dict)
    not_here: str = ""


# Under the names that Sphinx has for them, English first.
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


def of_site(root: Path) -> dict[str, Language]:
    """Give the languages that the site in *root* can be read in: those with catalogues there."""
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
    """Give the templates the address of this page in each language."""
    languages = of_site(Path(app.srcdir))
    page = app.builder.get_target_uri(pagename)
    here = LANGUAGES[app.config.language].folder + page
    addresses = {
        # To itself a page has no relative address but its own name.
        name: relative_uri(here, language.folder + page) or page.rpartition("/")[2]
        for name, language in languages.items()
    }
    first = app.builder.get_target_uri(app.config.root_doc)
    context["other_languages"] = [
        vars(language)
        | {"address": addresses[name], "home": relative_uri(here, language.folder + first)}
        for name, language in languages.items()
        if name != app.config.language
    ]
    # For search engines, which take whole addresses only.
    if not app.config.html_baseurl:
        return
    own = urljoin(app.config.html_baseurl, page)
    links = [(LANGUAGES[name].tag, address) for name, address in addresses.items()]
    links.append(("x-default", addresses[ENGLISH]))
    context["metatags"] = context.get("metatags", "") + "".join(
        f'\n<link rel="alternate" hreflang="{tag}" href="{urljoin(own, address)}">'
        for tag, address in links
    )
