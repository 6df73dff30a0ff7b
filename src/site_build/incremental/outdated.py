"""Sphinx extension: read and write only the pages that are out of date, with the same result.

Sphinx goes by the time of a file; here `record.py` names the pages to read again, by the contents.
A page shows titles, links and values of other pages too, so if any of these changed, every page is
written again.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from site_build.content.downloads import list_downloads
from site_build.execution.notebook_outputs import get_folder


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.add_config_value("reread_pages", [], "", types=list)
    app.connect("env-get-outdated", _get_outdated)
    app.connect("env-purge-doc", _delete_outputs)
    app.connect("env-updated", _write_all_if_shared_changed)
    app.connect("build-finished", _delete_unused)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _get_outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    return [page for page in app.config.reread_pages if page in env.found_docs]


def _delete_outputs(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Delete what the last build made of a page, because the page may make less of it now."""
    for file in list_downloads(app, docname):
        file.unlink(missing_ok=True)
    for folder in (Path(app.outdir), get_folder(app)):
        page = folder / docname
        for file in page.parent.glob(f"{page.name}.*"):
            file.unlink()


def _write_all_if_shared_changed(app: Sphinx, env: BuildEnvironment) -> set[str]:
    file, digest = Path(app.outdir).parent / "shared.txt", _digest_shared(app)
    is_same = file.exists() and file.read_text(encoding="utf-8") == digest
    file.write_text(digest, encoding="utf-8")
    return set() if is_same else env.found_docs


def _delete_unused(app: Sphinx, exception: Exception | None) -> None:
    """Delete the images and files that no page links any longer."""
    for place, linked in (("_images", app.env.images), ("_downloads", app.env.dlfiles)):
        folder, names = Path(app.outdir, place), {str(name) for _, name in linked.values()}
        for file in folder.rglob("*"):
            if file.is_file() and file.relative_to(folder).as_posix() not in names:
                file.unlink()


def _digest_shared(app: Sphinx) -> str:
    """Return a digest of all that pages show of other pages."""
    digest = sha256()
    for part in _list_shared(app):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def _list_shared(app: Sphinx) -> Iterator[str]:
    env = app.env
    for page in sorted(env.found_docs):
        yield page
        yield env.titles[page].pformat() + env.longtitles[page].pformat() + env.tocs[page].pformat()
        slugs = env.metadata[page].get("myst_slugs", {})
        yield repr({name: place[1:] for name, place in slugs.items()})  # Without the line.
    yield repr(sorted(env.toctree_includes.items()))
    for domain in env.domains.sorted():
        for name in ("labels", "anonlabels", "objects", "modules", "terms"):
            yield repr(sorted(domain.data.get(name, {}).items(), key=repr))
    for file in sorted(get_folder(app).rglob("*.glue.json")):
        yield file.name + file.read_text(encoding="utf-8")
