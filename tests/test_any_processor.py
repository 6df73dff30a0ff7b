"""What a page shows does not depend on the processor that it was executed on."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("index.md", "docs/**/*.md", "examples/*.py")
    for path in ROOT.glob(pattern)
)
# These show most numbers. The others take minutes, so `make sweep` runs them.
QUICK = {"docs/original.md", "docs/flags/both.md", "docs/behaviour/inside-the-cell.md"}


def shown(page: Path) -> list[str]:
    """Give all that the cells of a built page show."""
    html = page.read_text(encoding="utf-8")
    return re.findall(r'<pre>.*?</pre>|<table class="rnn-.*?</table>', html, re.DOTALL)


@pytest.mark.parametrize(
    "page",
    [page if page in QUICK else pytest.param(page, marks=pytest.mark.sweep) for page in PAGES],
)
def test_an_older_processor_shows_the_same(published: Path, tmp_path: Path, page: str) -> None:
    """A page that is executed as on a processor without AVX shows the same, digit by digit.

    oneDNN, which multiplies TensorFlow's matrices, takes the instructions to use from a variable.
    """
    shutil.copy(ROOT / "conf.py", tmp_path)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    shutil.copy(ROOT / "index.md", tmp_path)
    result = subprocess.run(
        [sys.executable, "-m", "site_build", "page", page],
        cwd=tmp_path,
        env=os.environ | {"ONEDNN_MAX_CPU_ISA": "SSE41"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr

    html = Path(page).with_suffix(".html")
    here = shown(published / html)
    assert here or "{code-cell}" not in (ROOT / page).read_text(encoding="utf-8")
    assert shown(tmp_path / "_build/work/html/out" / html) == here
