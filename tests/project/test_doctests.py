"""Every ``>>>`` in the project is executed: by pytest, or by Sphinx's doctest builder."""

import re
from pathlib import Path

from support.sites import ROOT

# pytest runs the docstrings below src and the README; Sphinx runs the pages, where a check finds
# every prompt that it leaves out. The tests inject prompts to test that check.
EXECUTED = re.compile(r"src/.*\.py|README\.md|index\.md|docs/.*\.md|tests/.*\.py")
NOT_OURS = {".git", ".venv", "_build", ".mypy_cache", ".pytest_cache", ".ruff_cache"}


def find_unexecuted(folder: Path) -> list[str]:
    """List the files with a prompt that nothing executes."""
    found = []
    for file in folder.rglob("*"):
        path = file.relative_to(folder)
        if file.is_file() and path.parts[0] not in NOT_OURS and "__pycache__" not in path.parts:
            text = file.read_text(encoding="utf-8", errors="replace")
            if re.search(r"^\s*(?:# )?>>>", text, re.M) and not EXECUTED.fullmatch(path.as_posix()):
                found.append(path.as_posix())
    return found


def test_no_prompt_is_left_out() -> None:
    """No file that nothing executes has a prompt."""
    assert find_unexecuted(ROOT) == []


def test_a_prompt_that_is_left_out(tmp_path: Path) -> None:
    """A prompt in a file of another kind, or in another folder, is found."""
    for name in ("examples/new.py", "docs/new.rst", "docs/page.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("# A page\n\n# >>> 1 + 1\n# 2\n", encoding="utf-8")

    assert sorted(find_unexecuted(tmp_path)) == ["docs/new.rst", "examples/new.py"]
