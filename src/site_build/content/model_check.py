"""Sphinx extension: publish the model checker, which runs `rnn_returns` in a reader's browser.

It needs Pyodide, which `make html TOOLS=1` installs with npm. Without it a page shows what is in
its ``without-checker`` in place of its ``with-checker``.
"""

import gzip
import json
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri

from rnn_returns.models.diagnostics import KINDS
from site_build.i18n.languages import ENGLISH
from site_build.publish.archive import TOOL
from site_build.publish.wheel import wheel_name, write_wheel

ELEMENT = "<rnn-model-check"
WITH, WITHOUT = "with-checker", "without-checker"
SOURCES, INSTALLED = "docs/_tool", "_build/tool/node_modules/pyodide"
SCRIPT, STYLE, WORKER = "model-check.js", "model-check.css", "model-check-worker.js"
PYTHON = "model_check.py"
# What runs Python. The largest are compressed here, because not every host compresses them.
PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
COMPRESSED = (".mjs", ".wasm")
LOCK = "pyodide-lock.json"
WHEEL = "rnn_returns.whl"  # As the worker calls it.
NOTICE = """The files pyodide.* and python_stdlib.zip are Pyodide {version}. Some are compressed.
Its license is the Mozilla Public License 2.0, and its source is at
https://github.com/pyodide/pyodide. It contains CPython, under the license of the
Python Software Foundation.
"""


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.add_config_value("model_checker", False, "env", types=bool)
    app.connect("builder-inited", _write_files)
    app.connect("doctree-resolved", _choose_content)
    app.connect("html-page-context", _add_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _write_files(app: Sphinx) -> None:
    """Write the files of the checker; those that all languages share, with the pages in English."""
    if app.builder.format != "html" or not app.config.model_checker:
        return
    sources, static = Path(app.srcdir, SOURCES), Path(app.outdir, "_static")
    static.mkdir(parents=True, exist_ok=True)
    for name in (SCRIPT, STYLE):
        (static / name).write_bytes((sources / name).read_bytes())
    contents = read_contents(app.srcdir)
    if app.config.language == ENGLISH:
        folder = Path(app.outdir, TOOL)
        folder.mkdir(exist_ok=True)
        for name, content in contents.items():
            (folder / name).write_bytes(content)
    lock = json.loads(Path(app.srcdir, INSTALLED, LOCK).read_text(encoding="utf-8"))
    settings = _describe(contents) | {"lock": lock["info"]}  # Without its packages.
    app.model_check_settings = settings  # type: ignore[attr-defined]


def read_contents(root: Path) -> dict[str, bytes]:
    """Return the files that the folder of the checker has.

    Raises:
        FileNotFoundError: If Pyodide is not installed.
    """
    installed = Path(root, INSTALLED)
    contents = {}
    for name in PYODIDE:
        content = (installed / name).read_bytes()
        contents[name] = gzip.compress(content, mtime=0) if name.endswith(COMPRESSED) else content
    for name in (PYTHON, WORKER):
        contents[name] = Path(root, SOURCES, name).read_bytes()
    version = json.loads((installed / "package.json").read_text(encoding="utf-8"))["version"]
    contents["NOTICE.txt"] = NOTICE.format(version=version).encode()
    return contents


def _describe(contents: dict[str, bytes]) -> dict[str, Any]:
    """Return what the script needs to know of the files, with addresses from the site's root."""
    with TemporaryDirectory() as folder:
        write_wheel(Path(folder))
        wheel = Path(folder, wheel_name()).read_bytes()
    files = {name: (f"{TOOL}/{name}", contents[name]) for name in (*PYODIDE, PYTHON)}
    files[WHEEL] = (wheel_name(), wheel)
    digest = sha256(b"".join([*contents.values(), wheel])).hexdigest()
    return {
        "version": digest[:12],
        "worker": f"{TOOL}/{WORKER}",
        "files": [[name, address, len(content)] for name, (address, content) in files.items()],
    }


def _choose_content(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Remove what a page shows only with the checker, or only without it.

    Translators see both.
    """
    if app.builder.format != "html":
        return
    unwanted = WITHOUT if app.config.model_checker else WITH
    for container in list(doctree.findall(nodes.container)):
        if unwanted in container["classes"]:
            container.parent.remove(container)


def _add_files(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    if doctree is None or not any(ELEMENT in raw.astext() for raw in doctree.findall(nodes.raw)):
        return
    page = app.builder.get_target_uri(pagename)
    up = "" if app.config.language == ENGLISH else "../"
    shared: dict[str, Any] = app.model_check_settings  # type: ignore[attr-defined]
    labels = app.env.domains.standard_domain.anonlabels
    sections = {
        kind.code: f"{app.builder.get_target_uri(labels[kind.code.lower()][0])}#{kind.code.lower()}"
        for kind in KINDS
        if kind.code.lower() in labels
    }
    settings = {
        "version": shared["version"],
        "root": "../" * page.count("/"),
        "worker": f"{relative_uri(page, up + shared['worker'])}?v={shared['version']}",
        "files": [
            [name, relative_uri(page, up + address), size]
            for name, address, size in shared["files"]
        ],
        "lock": shared["lock"],
        "sections": sections,
    }
    # Files added while a page is written are added to that page only.
    app.add_css_file(STYLE)
    attributes: Any = {"data-settings": json.dumps(settings, separators=(",", ":"))}
    app.add_js_file(SCRIPT, loading_method="defer", **attributes)
