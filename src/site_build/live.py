"""Serve the site while it is written, and rebuild and reload it on every save.

sphinx-autobuild starts a new interpreter for each build, which takes two seconds to import Sphinx
and its extensions. But it does so from a process that it forks, so here that process builds.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sphinx.cmd.build import main as sphinx
from sphinx_autobuild import __main__ as autobuild

SOURCE = Path(__file__).parents[1]


class InProcessBuilder(autobuild.Builder):  # type: ignore[misc]
    """Build in the process that calls it, with the modules that the server has imported."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._started = time.time()

    def __call__(self, *, changed_paths: Sequence[Path]) -> None:
        """Build what changed, in a new interpreter if any of our modules changed."""
        if any(file.stat().st_mtime > self._started for file in SOURCE.rglob("*.py")):
            super().__call__(changed_paths=changed_paths)
        else:
            status = sphinx(self.sphinx_args)
            print(f"{'The build failed' if status else 'Built'}. Serving on {self.uri}", flush=True)


def serve(root: Path, work: Path, *options: str) -> None:
    """Serve the site in *root*, in English, until it is interrupted.

    Args:
        root: The folder of conf.py.
        work: The folder to build in.
        options: Options of sphinx-autobuild, such as ``--port``.
    """
    places = ["--doctree-dir", str(work / "doctrees"), str(root), str(work / "out")]
    autobuild.Builder = InProcessBuilder
    # The whole folder is watched, and the build writes into it.
    ignored = ["--ignore", str(root / "_build"), "--re-ignore", "__pycache__"]
    autobuild.main([*options, *ignored, *places])
