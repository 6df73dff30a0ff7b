"""The commands behind the Makefile, for every system: ``python -m site_build html``.

Each runs on the site in the current folder.
"""

import argparse
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from sphinx.cmd.build import main as sphinx

from atlas.phrases import phrases
from site_build import catalogues
from site_build.anchors import LIST, add
from site_build.archive import write_archive
from site_build.languages import ENGLISH, LANGUAGES, of_site
from site_build.light import lighten
from site_build.not_found import name_from_anywhere
from site_build.proofread import problems
from site_build.serve import HOST, server
from site_build.wheel import write_wheel

WORK = Path("_build/work")
PUBLISHED = Path("_build/html")
PORT = 8000  # The one that readers of Python's own server know.

# A warning is an error, and so is an unknown reference.
STRICT = ["--fail-on-warning", "--nitpicky"]
NO_EXECUTION = ["--define", "nb_execution_mode=off"]


def build(builder: str, *options: str, language: str = ENGLISH, jobs: str = "auto") -> int:
    """Run one Sphinx builder over the site, from a clean folder; return its exit status.

    Sphinx forgets a warning once it has kept the page that it warned of, and a second build into
    one folder differs from a first. Outputs come from the cache, so a clean build costs little.

    Args:
        builder: Of Sphinx, such as html.
        options: More options of sphinx-build.
        jobs: How many processes read and write pages; as many as there are processors unless said.
    """
    work = folder(builder, language)
    shutil.rmtree(work, ignore_errors=True)
    places = ["--doctree-dir", str(work / "doctrees"), ".", str(work / "out")]
    choices = ["--jobs", jobs, "--define", f"language={language}"]
    return sphinx(["--builder", builder, *options, *choices, *places])


def folder(builder: str, language: str) -> Path:
    """Name the folder that *builder* works in; what it builds is in ``out``."""
    return WORK / (builder if language == ENGLISH else f"{builder}-{language}")


def html(*options: str, jobs: str = "auto") -> int:
    """Build the site in all its languages and publish it, unless something is wrong with it."""
    # English comes first and executes the pages; the others find all outputs in the cache.
    for name, language in of_site(Path()).items():
        status = build("html", *STRICT, *options, language=name, jobs=jobs)
        if status:
            print(f"\nThe site was not published; {PUBLISHED} is as it was.", file=sys.stderr)
            return status
        out = folder("html", name) / "out"
        lighten(out)
        name_from_anywhere(out / "404.html", language.folder)
    publish(PUBLISHED)
    print(f"\nThe site is built. Open {(PUBLISHED / 'index.html').resolve().as_uri()}")
    return 0


def publish(published: Path) -> None:
    """Put the built site where it is read, whole or not at all, without Sphinx's own notes."""
    fresh = published.with_name(published.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    for name, language in of_site(Path()).items():
        built = folder("html", name) / "out"
        ours = shutil.ignore_patterns(".buildinfo*", "reports")
        shutil.copytree(built, fresh / language.folder, ignore=ours, dirs_exist_ok=True)
    write_wheel(fresh)
    write_archive(fresh)
    shutil.rmtree(published, ignore_errors=True)
    fresh.rename(published)


def doctest() -> int:
    """Run every doctest of the pages and of the docstrings that they show."""
    return build("doctest", *STRICT, *NO_EXECUTION)


def linkcheck() -> int:
    """Ask every address that the site points to whether it is there."""
    return build("linkcheck", *STRICT)


def translate() -> int:
    """Bring the catalogues up to what the pages say now; see docs/contributing.md."""
    status = build("gettext", *STRICT, *NO_EXECUTION)
    for language in LANGUAGES:
        if not status and language != ENGLISH:
            catalogues.update(language, folder("gettext", ENGLISH) / "out", phrases())
    return status


def proofread(files: list[Path]) -> int:
    """Tidy Chinese catalogues, those named or all, and say what is wrong with them."""
    found = 0
    for file in files or catalogues.files("zh_CN"):
        catalogues.tidy(file, "zh_CN")
        for problem in problems(file):
            print(f"{file}: {problem}\n")
            found += 1
    print(f"{found} problems.")
    return int(bool(found))


def anchors() -> int:
    """Promise that the addresses within the built site stay: add the new ones to the list."""
    print(f"{add(PUBLISHED)} new addresses in {LIST}.")
    return 0


def page(paths: list[str], language: str) -> int:
    """Build some pages alone, so that their cells run and no others'; references break."""
    for path in paths:
        if not Path(path).is_file():
            print(f"There is no page {path!r}; name one as in docs/flags/both.md.", file=sys.stderr)
            return 2
    docname = Path(paths[0]).with_suffix("").as_posix()
    status = build(
        "html",
        "--define", f"root_doc={docname}",
        "--define", f"include_patterns={','.join(paths)}",
        "--define", "suppress_warnings=ref,myst.xref_missing,toc,mystnb.glue_ref",
        language=language,
    )  # fmt: skip
    built = folder("html", language) / "out" / docname
    print(f"\nOpen {built.resolve().as_uri()}.html")
    return status


def live() -> int:
    """Serve the site on this machine, and rebuild and reload it on every save."""
    from sphinx_autobuild.__main__ import main as autobuild

    places = ["--doctree-dir", str(WORK / "live" / "doctrees"), ".", str(WORK / "live" / "out")]
    # The whole folder is watched, and the build writes into it.
    autobuild(["--ignore", "_build", "--re-ignore", "__pycache__", *places])
    return 0


def serve() -> int:
    """Serve the built site on this machine, compressed, as a host would."""
    if not (PUBLISHED / "index.html").exists():
        print("There is no built site yet: run `make html` first.", file=sys.stderr)
        return 2
    with server(PUBLISHED, PORT) as running:
        print(f"Open http://{HOST}:{PORT}/ and press Ctrl+C to stop.", flush=True)
        with suppress(KeyboardInterrupt):
            running.serve_forever()
    return 0


def main() -> int:
    """Run the command that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m site_build", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for function in (html, doctest, linkcheck, live, serve, page, translate, proofread, anchors):
        command = commands.add_parser(function.__name__, help=function.__doc__)
        command.set_defaults(run=function)
        if function is page:
            command.add_argument("paths", nargs="+", help="such as docs/flags/both.md")
            command.add_argument("--language", choices=LANGUAGES, default=ENGLISH)
        if function is proofread:
            command.add_argument("files", nargs="*", type=Path, help="such as docs/locale/….po")
        if function is html:
            command.add_argument("--jobs", default="auto", help="how many processes at once")
    arguments = vars(parser.parse_args())
    del arguments["command"]
    run = arguments.pop("run")
    return int(run(**arguments))


if __name__ == "__main__":
    sys.exit(main())
