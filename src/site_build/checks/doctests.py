"""Every ``>>>`` on a page is executed: one that the doctest builder does not see is an error."""

from collections.abc import Iterator

from docutils import nodes


def find_untested(doctree: nodes.document) -> Iterator[tuple[nodes.Node, str]]:
    """Yield each block that looks like a doctest but does not run as one."""
    for block in doctree.findall(nodes.literal_block):
        lines = block.astext().splitlines()
        prompts = [line for line in lines if line.lstrip().startswith(">>>")]
        # The directives of sphinx.ext.doctest mark their nodes with this attribute.
        if prompts and "testnodetype" not in block and "output" not in block["classes"]:
            yield block, f"{prompts[0]!r} is not tested; put it into a {{doctest}} directive."
    for example in doctree.findall(nodes.FixedTextElement):
        # The directive has the source in an attribute, and shows it without its options.
        if "+SKIP" in example.get("test", example.astext()) or "skipif" in example:
            yield example, "A skipped doctest tests nothing; remove the option or the doctest."
    for quote in doctree.findall(nodes.block_quote):
        # Outside a fence Markdown reads >>> as three nested quotations.
        outer = (quote.parent, quote.parent.parent)
        if all(isinstance(parent, nodes.block_quote) for parent in outer):
            problem = f"'>>> {quote.astext()}' is not tested; put it into a {{doctest}} directive."
            yield quote, problem
