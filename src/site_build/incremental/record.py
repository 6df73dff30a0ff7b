"""The record of the last successful build: what it read, and what it published.

A build deletes the record when it starts and writes it when it has published the site. So after a
build that failed or was interrupted there is none, and the next build is a clean one.
"""

import json
import os
import re
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from site_build.execution import fingerprint

RECORD = Path("_build/work/record.json")
# What a site is made of, besides the packages in `fingerprint.SOURCE`.
_PLACES = ("conf.py", "index.md", "docs", "examples", "pyproject.toml", "README.md", "LICENSE")
_VARIABLES = ("SITE_URL", "REPOSITORY", "TOOLS")
# Files of editors and of Python, and catalogs as Sphinx compiles them.
_IGNORED = re.compile(r"(?:^|/)[.#]|~$|__pycache__|\.mo$")
# A page, or its catalog in a language. What begins with an underscore is not a page.
_PAGE = re.compile(r"(index|docs/(?!_|locale/).*|examples/.*)\.(?:md|py)")
_CATALOG = re.compile(r"docs/locale/[^/]+/LC_MESSAGES/(.*)\.po")
_DECLARED = re.compile(r"^(?:# )?reads: \[(.*)\]", re.MULTILINE)


@dataclass(frozen=True)
class Change:
    """What changed since the last build.

    Args:
        everything: Whether the site has to be built from scratch.
        pages: The pages that have to be read again, if not everything.
    """

    everything: bool
    pages: frozenset[str] = frozenset()


EVERYTHING = Change(everything=True)


def read_inputs(root: Path) -> dict[str, str]:
    """Return a digest of every file that the site in *root* depends on, and its environment."""
    inputs = {name: os.environ.get(name, "") for name in _VARIABLES}
    inputs["environment"] = fingerprint.get_cache_path(root)
    for place in [*map(root.joinpath, _PLACES), fingerprint.SOURCE]:
        for file in [place, *place.rglob("*")]:
            name = os.path.relpath(file, root)
            if file.is_file() and not _IGNORED.search(name.replace("../", "")):
                inputs[name] = sha256(file.read_bytes()).hexdigest()
    return inputs


def find_change(root: Path, inputs: dict[str, str], published: Path) -> Change:
    """Compare *inputs* and the published files with those of the last build."""
    try:
        last = json.loads((root / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return EVERYTHING
    before = last["inputs"]
    if inputs.keys() != before.keys() or last["published"] != _describe_files(published):
        return EVERYTHING
    pages: set[str] = set()
    readers = _find_readers(root, inputs)
    for name in (name for name in inputs if inputs[name] != before[name]):
        page = _find_page(name, inputs)
        if not page and name not in readers:
            return EVERYTHING
        pages |= {page} if page else readers[name]
    return Change(everything=False, pages=frozenset(pages))


def delete_record(root: Path) -> None:
    """Delete the record, because a build starts."""
    (root / RECORD).unlink(missing_ok=True)


def write_record(root: Path, inputs: dict[str, str], published: Path) -> None:
    """Record that the site was built from *inputs* and published."""
    record = {"inputs": inputs, "published": _describe_files(published)}
    (root / RECORD).write_text(json.dumps(record), encoding="utf-8")


def _find_page(name: str, names: Collection[str]) -> str:
    """Return the page whose source or catalog is the file *name*, or nothing."""
    if page := _PAGE.fullmatch(name):
        return page[1]
    catalog = _CATALOG.fullmatch(name)
    is_of_page = catalog and any(f"{catalog[1]}.{kind}" in names for kind in ("md", "py"))
    return catalog[1] if catalog and is_of_page else ""


def _find_readers(root: Path, names: Collection[str]) -> dict[str, set[str]]:
    """Return the pages that declare to read a file, by the file."""
    readers: dict[str, set[str]] = defaultdict(set)
    for name in names:
        if page := _PAGE.fullmatch(name):
            declared = _DECLARED.search((root / name).read_text(encoding="utf-8"))
            for pattern in declared[1].split(",") if declared else ():
                for file in (root / name).parent.glob(pattern.strip()):
                    readers[os.path.relpath(file, root)].add(page[1])
    return readers


def _describe_files(folder: Path) -> dict[str, Any]:
    """Return the size and the time of every file in *folder*."""
    files = [(file, file.stat()) for file in folder.rglob("*") if file.is_file()]
    return {str(file.relative_to(folder)): [at.st_size, at.st_mtime_ns] for file, at in files}
