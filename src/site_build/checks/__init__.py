"""What may not be published fails the build: with the file, the line and the text, every time.

A check is a function that yields problems. A problem is a Sphinx warning, and every build treats
warnings as errors. The build after a failed one reads every page again, so that it fails until the
problem is fixed.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from site_build.checks import doctests, markup, names, outputs, typed_facts, words
from site_build.execution.notebook_outputs import executed_notebook

logger = logging.getLogger(__name__)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the checks as a Sphinx extension."""
    app.add_config_value("typed_facts_allowed", {}, "env", types=dict)
    app.connect("config-inited", _suppress_warnings)
    app.connect("doctree-read", _check_page)
    app.connect("env-check-consistency", _check_names)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _suppress_warnings(app: Sphinx, config: Config) -> None:
    # The check of outputs reports the types that no page shows, except messages for translation.
    suppressed = ["mystnb.unknown_mime_type"]
    if config.nb_execution_mode == "off":
        suppressed.append("mystnb.glue_ref")  # Without execution there are no values to glue.
    config.suppress_warnings = [*config.suppress_warnings, *suppressed]


def _check_page(app: Sphinx, doctree: nodes.document) -> None:
    docname, allowed = app.env.current_document.docname, app.config.typed_facts_allowed
    if "orphan" in app.env.metadata[docname]:
        logger.warning("An orphan page cannot be found by a reader.", location=docname)
    names.record_names(app.env, docname, doctree)
    for node, problem in (
        *typed_facts.find_in_prose(doctree, allowed),
        *words.find_in_prose(doctree),
        *doctests.find_untested(doctree),
        *markup.find_inline_code(doctree),
    ):
        logger.warning(problem, location=node, type="check")
    notebook = executed_notebook(app, docname)
    if notebook is None:
        return
    if "mystnb" in notebook.metadata:
        logger.warning("A page must not have execution settings.", location=docname, type="check")
    lines = notebook.metadata.get("source_map", [])
    problems = [*typed_facts.find_in_comments(notebook, allowed)]
    if app.config.nb_execution_mode != "off":
        problems += outputs.find_problems(notebook)
    for index, problem in problems:
        source = notebook.cells[index].source.strip()
        # A script's cells have no line numbers, so the cell itself is quoted always.
        location = (docname, lines[index] + 1) if index < len(lines) else docname
        logger.warning(f"{problem}\nThe cell:\n{source}", location=location, type="check")


def _check_names(app: Sphinx, env: BuildEnvironment) -> None:
    for location, problem in names.find_duplicates(env):
        logger.warning(problem, location=location, type="check")
