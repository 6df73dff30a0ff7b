"""A name refers to one place: a name that two pages define would refer to either by chance.

Sphinx reads pages in several processes, which do not compare their names, and keeps the last.
"""

from collections import defaultdict
from collections.abc import Iterator

from docutils import nodes
from sphinx.environment import BuildEnvironment

# Sphinx merges the metadata of the pages from its processes.
_KEY = "names"


def record_names(env: BuildEnvironment, docname: str, doctree: nodes.document) -> None:
    """Record the names that a page gives to its places, such as ``(name)=`` or ``:name: name``."""
    lines = env.metadata[docname][_KEY] = {}
    for name, given in doctree.nametypes.items():
        if given and doctree.nameids[name]:
            place = doctree.ids[doctree.nameids[name]]
            # Other pages cannot refer to a footnote, nor to an address's short name. Like Sphinx's
            # labels, this excludes the objects that autodoc describes.
            is_local = isinstance(place, nodes.footnote) or "refuri" in place
            if not is_local and not place.tagname.startswith("desc_"):
                lines[name] = place.line


def find_duplicates(env: BuildEnvironment) -> Iterator[tuple[tuple[str, int | None], str]]:
    """Yield each place of a name that several pages define."""
    places = defaultdict(list)
    for docname in sorted(env.found_docs):
        for name, line in env.metadata[docname].get(_KEY, {}).items():
            places[name].append((docname, line))
    for name, found in places.items():
        for docname, line in found:
            others = [other for other, _ in found if other != docname]
            if others:
                problem = f"The name {name!r} is given on {', '.join(others)} as well, and a link "
                problem += "could lead to either; use a different name for each place."
                yield (docname, line), problem
