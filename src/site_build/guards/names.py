"""A name leads to one place: what two pages call the same is the one's or the other's by chance.

Sphinx reads pages in several processes, which do not compare their names, and keeps the last.
"""

from collections import defaultdict
from collections.abc import Iterator

from docutils import nodes
from sphinx.environment import BuildEnvironment

# Sphinx brings what it knows of a page from each process; what is kept here comes along.
_KEPT = "names"


def keep(env: BuildEnvironment, docname: str, doctree: nodes.document) -> None:
    """Keep the names that a page gives to its places, such as ``(name)=`` or ``:name: name``."""
    env.metadata[docname][_KEPT] = {
        name: doctree.ids[doctree.nameids[name]].line
        for name, given in doctree.nametypes.items()
        if given and doctree.nameids[name] and _is_for_all_pages(doctree, name)
    }


def _is_for_all_pages(doctree: nodes.document, name: str) -> bool:
    """Whether other pages can refer to *name*: not to a footnote, nor to an address's short name.

    Like Sphinx's own labels, it leaves out what autodoc describes.
    """
    place = doctree.ids[doctree.nameids[name]]
    return not (
        isinstance(place, nodes.footnote) or "refuri" in place or place.tagname.startswith("desc_")
    )


def shared(env: BuildEnvironment) -> Iterator[tuple[tuple[str, int | None], str]]:
    """Yield the place of each name that several pages give, on each of them."""
    places = defaultdict(list)
    for docname in sorted(env.found_docs):
        for name, line in env.metadata[docname].get(_KEPT, {}).items():
            places[name].append((docname, line))
    for name, found in places.items():
        for docname, line in found:
            others = [other for other, _ in found if other != docname]
            if others:
                yield (
                    (docname, line),
                    f"The name {name!r} is given on {', '.join(others)} as well, and a link would "
                    "lead to either; give each place a name of its own.",
                )
