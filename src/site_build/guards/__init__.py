"""What may not be published fails the build: with the file, the line and the text, every time.

A guard is a function that yields problems. A problem is a Sphinx warning, and the build is run with
warnings as errors and reads every page anew, so that it stays red until the problem is gone.
"""

from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from site_build.executed import executed_notebook
from site_build.guards import doctests, markup, names, outputs, typed_facts

logger = logging.getLogger(__name__)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the guards as a Sphinx extension."""
    app.add_config_value("typed_facts_allowed", {}, "env", types=dict)
    app.connect("config-inited", _miss_no_values)
    app.connect("doctree-read", _check)
    app.connect("env-check-consistency", _compare)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _miss_no_values(app: Sphinx, config: Config) -> None:
    """Without execution there are no values to glue into prose, so none is missed."""
    if config.nb_execution_mode == "off":
        config.suppress_warnings = [*config.suppress_warnings, "mystnb.glue_ref"]


def _check(app: Sphinx, doctree: nodes.document) -> None:
    docname = app.env.current_document.docname
    if "orphan" in app.env.metadata[docname]:
        logger.warning("An orphan page cannot be found by a reader.", location=docname)
    names.keep(app.env, docname, doctree)
    for node, problem in _in_doctree(app, doctree):
        logger.warning(problem, location=node, type="guard")
    notebook = executed_notebook(app, docname)
    if notebook is None:
        return
    if "mystnb" in notebook.metadata:
        logger.warning("No page has execution settings of its own.", location=docname, type="guard")
    lines = notebook.metadata.get("source_map", [])
    executed = app.config.nb_execution_mode != "off"
    for index, problem in _in_notebook(app, notebook, executed):
        source = notebook.cells[index].source.strip()
        # A script's cells carry no line numbers, so the cell itself is quoted always.
        location = (docname, lines[index] + 1) if index < len(lines) else docname
        logger.warning(f"{problem}\nThe cell:\n{source}", location=location, type="guard")


def _compare(app: Sphinx, env: BuildEnvironment) -> None:
    for location, problem in names.shared(env):
        logger.warning(problem, location=location, type="guard")


def _in_doctree(app: Sphinx, doctree: nodes.document) -> Iterator[tuple[nodes.Node, str]]:
    yield from typed_facts.in_prose(doctree, app.config.typed_facts_allowed)
    yield from doctests.untested(doctree)
    yield from markup.forbidden(doctree)


def _in_notebook(app: Sphinx, notebook: object, executed: bool) -> Iterator[tuple[int, str]]:
    yield from typed_facts.in_comments(notebook, app.config.typed_facts_allowed)
    if executed:
        yield from outputs.unfit(notebook)
