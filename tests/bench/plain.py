"""Run the cells of all pages in this process, to measure only their execution."""

import ast
import contextlib
import io
import json
import os
import sys
from pathlib import Path
from typing import Any


def run(cells: list[str]) -> None:
    """Run the cells of one page in a new namespace; a cell may raise on purpose."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells:
        tree = ast.parse(cell)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
            exec(compile(tree, "<cell>", "exec"), names)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
                repr(value)  # A notebook would show this, and HTML if there is any.
                if as_html := getattr(value, "_repr_html_", None):
                    as_html()


if __name__ == "__main__":
    for page in json.loads(Path(sys.argv[1]).read_text()):
        os.chdir(page["folder"])
        run(page["cells"])
