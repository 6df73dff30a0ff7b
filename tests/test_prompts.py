"""Every ``>>>`` in the project is executed: by pytest, or by Sphinx's doctest builder."""

import re

from conftest import ROOT

# pytest runs the docstrings below src and the README; Sphinx runs the pages, where a guard sees to
# it that no prompt is left out. The tests plant prompts, to see the guard at work.
EXECUTED = re.compile(r"src/.*\.py|README\.md|index\.md|docs/.*\.md|tests/.*\.py")
NOT_OURS = {".git", ".venv", "_build", ".mypy_cache", ".pytest_cache", ".ruff_cache"}


def test_no_prompt_is_left_out() -> None:
    """A prompt in a file that nothing executes would be a promise that nobody keeps."""
    left_out = []
    for file in ROOT.rglob("*"):
        path = file.relative_to(ROOT)
        if file.is_file() and path.parts[0] not in NOT_OURS and "__pycache__" not in path.parts:
            text = file.read_text(encoding="utf-8", errors="replace")
            if re.search(r"^\s*(?:# )?>>>", text, re.M) and not EXECUTED.fullmatch(path.as_posix()):
                left_out.append(path.as_posix())

    assert left_out == []
