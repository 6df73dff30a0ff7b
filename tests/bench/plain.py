"""Run the cells of all pages in this process: what executing them costs, and nothing else."""

import ast
import contextlib
import io
import json
import os
import sys
from typing import Any


def show(value: Any) -> None:
    """Make what a notebook would show of *value*."""
    if value is not None:
        as_html = getattr(value, "_repr_html_", None)
        repr(value)
        if as_html:
            as_html()


def run(cells: list[str]) -> None:
    """Run the cells of one page in names of their own; a cell may be meant to raise."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells:
        tree = ast.parse(cell)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
            exec(compile(tree, "<cell>", "exec"), names)
            if isinstance(last, ast.Expr):
                show(eval(compile(ast.Expression(last.value), "<cell>", "eval"), names))


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        pages = json.load(file)
    for page in pages:
        os.chdir(page["folder"])
        run(page["cells"])
