"""Sphinx settings, in reading order; anything longer than two lines is in src/site_build."""

import os
from pathlib import Path

from site_build.execution import environment, fingerprint
from site_build.publish import site_metadata

ROOT = Path(__file__).parent
os.environ.update(environment.get_variables(ROOT))  # Before TensorFlow is imported.

# The project
project = "keras-rnn-returns"
author = "the keras-rnn-returns authors"
copyright = author
language = "en"

# Pages
root_doc = "index"
include_patterns = ["index.md", "docs/**", "examples/**"]
# Pruned, so that Sphinx does not walk through an environment that holds TensorFlow.
exclude_patterns = [".*", "_build", "docs/_*", "docs/locale"]
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.doctest",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "site_build.checks",
    "site_build.assets.pygments_spans",
    "site_build.content.mathml",
    "site_build.content.downloads",
    "site_build.content.navigation",
    "site_build.content.notebooks",
    "site_build.content.llms_txt",
    "preloaded_kernels",
    "site_build.execution.prefill_cache",
    "site_build.execution.notebook_outputs",
    "site_build.incremental.outdated",
    "site_build.publish.site_metadata",
    "site_build.content.explorer",
    "site_build.content.model_check",
    "site_build.i18n.languages",
    "site_build.i18n.message_parser",
    "site_build.content.search_index",
    "site_build.i18n.output_translation",
]
source_suffix = {".md": "myst-nb", ".py": "myst-nb"}

# Execution
nb_custom_formats = {".py": ["jupytext.reads", {"fmt": "py:percent"}]}
preloaded_kernel_imports = ["keras", "myst_nb", "rnn_returns"]
nb_execution_mode = "cache"
nb_execution_cache_path = fingerprint.get_cache_path(ROOT)
nb_execution_timeout = 300
# With False a failed cell is a warning that names it, and so an error; with True Sphinx crashes.
nb_execution_raise_on_error = False
nb_execution_show_tb = True
nb_merge_streams = True
# Shown, so that the check can quote it.
nb_output_stderr = "show"
# A message is shown without a traceback, and is not Python.
nb_render_error_lexer = "text"

# Markdown
myst_enable_extensions = ["attrs_block", "colon_fence", "dollarmath"]
myst_heading_anchors = 3
# The only typed facts that prose may contain, each with its reason.
typed_facts_allowed = {
    "CC BY 4.0": "the name of a license",
    "Keras 2": "the name of an API, which many versions have",
    "Keras 3": "the name of an API, which many versions have",
}

# The package's reference
autodoc_typehints = "description"
autodoc_member_order = "bysource"
# Their projects' inventories would have to be fetched, and the site builds without a network.
nitpick_ignore_regex = [("py:class", r"numpy\..*|collections\.abc\..*")]

# The checker of models on docs/explain.md
model_checker = bool(os.environ.get("TOOLS"))

# Translation
locale_dirs = ["docs/locale"]
gettext_compact = False
gettext_location = False

# Search: how much a page counts. Pages that list what other pages explain come after them.
search_weights = {
    "index": 1.4,
    "docs/flags/*": 1.25,
    "docs/behavior/initial-state-and-stateful": 1.4,
    "docs/behavior/go-backwards": 1.4,
    "docs/errors/index": 0.5,
    "docs/errors/*": 0.9,
    "docs/pitfalls/index": 0.5,
    "docs/pitfalls/*": 0.9,
    "docs/compatibility": 0.7,
    "docs/version-history": 0.7,
    "docs/contributing": 0.4,
    "docs/diagnostics*": 0.6,
    "docs/api": 0.6,
    "docs/truth-table": 0.6,
    "docs/original": 0.6,
    "docs/faq": 0.65,
}
search_data = "docs/search"

# The site
html_baseurl = site_metadata.check_address("SITE_URL", os.environ.get("SITE_URL", ""))
site_repository = site_metadata.check_address("REPOSITORY", os.environ.get("REPOSITORY", ""))
html_additional_pages = {"404": "404.html", "search": "search.html"}
html_theme = "sphinx_book_theme"
html_title = "What Keras RNNs return"
html_math_renderer = "mathml"
html_static_path = ["docs/_static"]
html_css_files = ["icons.css", "site.css"]
# Not on outputs: a phone lays out every button when the page opens.
copybutton_selector = "div:not(.output) > div.highlight > pre"
html_js_files = ["controls.js", "filter.js", "pick.js"]
html_logo = html_favicon = "docs/_static/logo.svg"
templates_path = ["docs/_templates"]
html_theme_options = {
    "logo": {"text": html_title},
    "article_footer_items": ["downloads.html", "offline.html", "executed-on.html", "report.html"],
    "article_header_end": ["language-switch.html", "article-header-buttons.html"],
    "home_page_in_toc": True,
    "navbar_persistent": [],  # The sidebar has the search.
    "use_download_button": False,  # It would offer the source of the page, which is not a notebook.
}
