"""The commands behind the Makefile, for every system: ``python -m site_build html``.

Each command works on the site in the current folder.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from sphinx.cmd.build import main as sphinx

from keras_compat import labels, pitfalls, version_sections
from site_build.assets import optimize_assets
from site_build.assets.memo import Memo
from site_build.execution import environment
from site_build.i18n import catalogs
from site_build.i18n.catalog_lint import CHINESE, find_problems, read_glossary
from site_build.i18n.languages import ENGLISH, LANGUAGES, find_languages
from site_build.incremental import record
from site_build.incremental.record import EVERYTHING, Change
from site_build.publish.anchors import LIST, add_anchors
from site_build.publish.archive import write_archive
from site_build.publish.not_found import make_absolute
from site_build.publish.wheel import write_wheel

WORK = Path("_build/work")
PUBLISHED = Path("_build/html")

# A warning is an error, and so is an unknown reference.
STRICT = ["--fail-on-warning", "--nitpicky"]
NO_EXECUTION = ["--define", "nb_execution_mode=off"]


def build(
    root: Path,
    builder: str,
    *options: str,
    language: str = ENGLISH,
    jobs: str = "auto",
    changed: Change = EVERYTHING,
) -> int:
    """Run one Sphinx builder over the site and return its exit status.

    The folder that it works in is emptied, unless only some pages *changed*: Sphinx reports a
    warning of a page only when it reads the page, so after a failed build all pages are read.

    Args:
        root: The folder of conf.py.
        builder: The name of a Sphinx builder, such as html.
        options: More options of sphinx-build.
        language: Sphinx's name for the language to build.
        jobs: How many processes read and write pages; by default as many as there are processors.
        changed: What changed since the last build, which succeeded.
    """
    work = folder(root, builder, language)
    places = ["--doctree-dir", str(work / "doctrees"), str(root), str(work / "out")]
    choices = ["--define", f"language={language}"]
    if changed.everything:
        shutil.rmtree(work, ignore_errors=True)
        choices += ["--jobs", jobs]
    else:
        choices += ["--define", f"reread_pages={','.join(sorted(changed.pages))}"]
    return sphinx(["--builder", builder, *options, *choices, *places])


def folder(root: Path, builder: str, language: str) -> Path:
    """Return the folder that *builder* works in; its results are in ``out``."""
    return root / WORK / (builder if language == ENGLISH else f"{builder}-{language}")


def build_html(root: Path, *options: str, jobs: str = "auto") -> int:
    """Build the site in all its languages and publish it, unless something is wrong with it.

    Only what changed is built, with the bytes of a clean build. With options of Sphinx, and where
    CI is set, the build is a clean one.
    """
    os.environ.update(environment.get_variables(root))
    published, inputs = root / PUBLISHED, record.read_inputs(root)
    clean = bool(options or os.environ.get("CI"))
    changed = EVERYTHING if clean else record.find_change(root, inputs, published)
    address = f"Open {(published / 'index.html').as_uri()}"
    if not changed.everything and not changed.pages:
        print(f"Nothing changed since the last build. {address}")
        return 0
    record.delete_record(root)
    # English comes first and executes the pages; the others find all outputs in the cache.
    for language in find_languages(root):
        status = build(
            root, "html", *STRICT, *options, language=language, jobs=jobs, changed=changed
        )
        if status:
            print(f"\nThe site was not published; {PUBLISHED} is unchanged.", file=sys.stderr)
            return status
    publish(root, published, Memo(root / WORK / "assets.json", reuse=not changed.everything))
    record.write_record(root, inputs, published)
    print(f"\nThe site is built. {address}")
    return 0


def publish(root: Path, published: Path, memo: Memo) -> None:
    """Replace the published site by the built one, completely, without Sphinx's working files."""
    fresh = published.with_name(published.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    for name, language in find_languages(root).items():
        built, site = folder(root, "html", name) / "out", fresh / language.folder
        shutil.copytree(built, site, ignore=shutil.ignore_patterns(".buildinfo*", "reports"))
        optimize_assets(site, memo)
        make_absolute(site / "404.html", language.folder)
    memo.save()
    write_wheel(fresh)
    write_archive(fresh)
    shutil.rmtree(published, ignore_errors=True)
    fresh.rename(published)


def run_doctests(root: Path) -> int:
    """Run every doctest of the pages and of the docstrings that they show."""
    return build(root, "doctest", *STRICT, *NO_EXECUTION)


def check_links(root: Path) -> int:
    """Check that every address that the site links to exists."""
    return build(root, "linkcheck", *STRICT)


def update_catalogs(root: Path) -> int:
    """Update the catalogs to the current messages of the pages; see docs/contributing.md."""
    status = build(root, "gettext", *STRICT, *NO_EXECUTION)
    for language in LANGUAGES:
        if not status and language != ENGLISH:
            extracted = folder(root, "gettext", ENGLISH) / "out"
            modules = (labels, pitfalls, version_sections)
            messages = [text for module in modules for text in module.list_messages()]
            catalogs.update(root, language, extracted, messages)
    return status


def lint_catalogs(root: Path, files: list[Path]) -> int:
    """Format Chinese catalogs, the given ones or all, and print their problems."""
    found = 0
    glossary = read_glossary(root)
    for file in files or catalogs.files(root, CHINESE):
        catalogs.write(file, catalogs.read(file), CHINESE)
        for problem in find_problems(file, glossary):
            print(f"{file}: {problem}\n")
            found += 1
    print(f"{found} problems.")
    return int(bool(found))


def list_anchors(root: Path) -> int:
    """Add the new addresses within the built site to the list of those that must stay."""
    print(f"{add_anchors(root / LIST, root / PUBLISHED)} new addresses in {LIST}.")
    return 0


def build_pages(root: Path, paths: list[str], language: str) -> int:
    """Build only some pages, so that no other cells run; references to other pages break."""
    for path in paths:
        if not (root / path).is_file():
            print(f"There is no page {path!r}; name one as in docs/flags/both.md.", file=sys.stderr)
            return 2
    docname = Path(paths[0]).with_suffix("").as_posix()
    status = build(
        root,
        "html",
        "--define", f"root_doc={docname}",
        "--define", f"include_patterns={','.join(paths)}",
        "--define", "suppress_warnings=ref,myst.xref_missing,toc,mystnb.glue_ref",
        language=language,
    )  # fmt: skip
    built = folder(root, "html", language) / "out" / docname
    print(f"\nOpen {built.as_uri()}.html")
    return status


def serve_live(root: Path, port: str) -> int:
    """Serve the site on this machine, and rebuild and reload it on every save."""
    from site_build.live import serve  # Only here: it imports a web server.

    serve(root, root / WORK / "live", "--port", port)
    return 0


COMMANDS: dict[str, Callable[..., int]] = {
    "html": build_html,
    "doctest": run_doctests,
    "linkcheck": check_links,
    "live": serve_live,
    "page": build_pages,
    "translate": update_catalogs,
    "catalog_lint": lint_catalogs,
    "anchors": list_anchors,
}


def main(root: Path) -> int:
    """Run the command that the arguments name, on the site in *root*."""
    parser = argparse.ArgumentParser(prog="python -m site_build", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, function in COMMANDS.items():
        command = commands.add_parser(name, help=function.__doc__)
        command.set_defaults(run=function)
        if name == "page":
            command.add_argument("paths", nargs="+", help="such as docs/flags/both.md")
            command.add_argument("--language", choices=LANGUAGES, default=ENGLISH)
        if name == "catalog_lint":
            command.add_argument("files", nargs="*", type=Path, help="such as docs/locale/….po")
        if name == "live":
            command.add_argument("--port", default="8000", help="of http://127.0.0.1")
        if name == "html":
            command.add_argument("--jobs", default="auto", help="how many processes at once")
    arguments = vars(parser.parse_args())
    del arguments["command"]
    run = arguments.pop("run")
    return int(run(root, **arguments))


if __name__ == "__main__":
    sys.exit(main(Path.cwd()))
