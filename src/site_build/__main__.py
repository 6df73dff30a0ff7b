"""The commands behind the Makefile, for every system: ``python -m site_build html``.

Each runs on the site in the current folder.
"""

import argparse
import shutil
import sys
from pathlib import Path

from sphinx.cmd.build import main as sphinx

WORK = Path("_build/work/en")
PUBLISHED = Path("_build/html")

# Every run reads every page anew, for Sphinx forgets a warning once it has kept the page;
# outputs come from the cache. A warning is an error, and so is an unknown reference.
STRICT = ["--fresh-env", "--fail-on-warning", "--nitpicky"]
NO_EXECUTION = ["--define", "nb_execution_mode=off"]


def build(builder: str, *options: str) -> int:
    """Run one Sphinx builder over the site; return its exit status."""
    doctrees = WORK / "doctrees" / builder
    return sphinx(
        ["--builder", builder, "--doctree-dir", str(doctrees), *options, ".", str(WORK / builder)]
    )


def html() -> int:
    """Build the site and publish it, unless something is wrong with it."""
    status = build("html", *STRICT)
    if status:
        print(f"\nThe site was not published; {PUBLISHED} is as it was.", file=sys.stderr)
        return status
    publish(WORK / "html", PUBLISHED)
    print(f"\nThe site is built. Open {(PUBLISHED / 'index.html').resolve().as_uri()}")
    return 0


def publish(built: Path, published: Path) -> None:
    """Put the built site where it is read, whole or not at all, without Sphinx's own notes."""
    fresh = published.with_name(published.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(built, fresh, ignore=shutil.ignore_patterns(".buildinfo*", "reports"))
    shutil.rmtree(published, ignore_errors=True)
    fresh.rename(published)


def doctest() -> int:
    """Run every doctest of the pages and of the docstrings that they show."""
    return build("doctest", *STRICT, *NO_EXECUTION)


def linkcheck() -> int:
    """Ask every address that the site points to whether it is there."""
    return build("linkcheck", *STRICT)


def page(path: str) -> int:
    """Build one page alone, so that its cells run and no other's; references to others break."""
    docname = Path(path).with_suffix("").as_posix()
    status = build(
        "html",
        "--define", f"root_doc={docname}",
        "--define", f"include_patterns={path}",
        "--define", "suppress_warnings=ref,myst.xref_missing,toc,mystnb.glue",
    )  # fmt: skip
    print(f"\nOpen {(WORK / 'html' / docname).resolve().as_uri()}.html")
    return status


def live() -> int:
    """Serve the site on this machine, and rebuild and reload it on every save."""
    from sphinx_autobuild.__main__ import main as autobuild

    watched = ["--watch", "src", "--ignore", "_build/*", "--ignore", "*/__pycache__/*"]
    autobuild([".", str(WORK / "html"), "--doctree-dir", str(WORK / "doctrees/live"), *watched])
    return 0


def main() -> int:
    """Run the command that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m site_build", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for function in (html, doctest, linkcheck, live, page):
        command = commands.add_parser(function.__name__, help=function.__doc__)
        command.set_defaults(run=function)
        if function is page:
            command.add_argument("path", help="such as docs/flags/both.md")
    arguments = vars(parser.parse_args())
    del arguments["command"]
    run = arguments.pop("run")
    return int(run(**arguments))


if __name__ == "__main__":
    sys.exit(main())
