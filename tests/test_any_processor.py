"""What a page shows does not depend on the processor that it was executed on."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from conftest import ROOT


def test_an_older_processor_shows_the_same(published: Path, tmp_path: Path) -> None:
    """The site, executed as on a processor without AVX, is the same in every byte of its pages.

    oneDNN, which multiplies TensorFlow's matrices, takes the instructions to use from a variable.
    """
    for file in ("conf.py", "index.md"):
        shutil.copy(ROOT / file, tmp_path)
    for folder in ("docs", "examples"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    older = {"ONEDNN_MAX_CPU_ISA": "SSE41"}
    result = subprocess.run(
        [sys.executable, "-m", "site_build", "html"],
        cwd=tmp_path,
        env=os.environ | older,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr

    pages = sorted(published.rglob("*.html"))
    assert pages
    for page in pages:
        there = tmp_path / "_build/html" / page.relative_to(published)
        assert there.read_text(encoding="utf-8") == page.read_text(encoding="utf-8"), page.name
