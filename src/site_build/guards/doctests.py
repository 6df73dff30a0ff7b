"""Every ``>>>`` on a page is executed: one that the doctest builder does not see is an error."""

from collections.abc import Iterator

from docutils import nodes


def untested(doctree: nodes.document) -> Iterator[tuple[nodes.Node, str]]:
    """Yield each block that looks like a doctest and is not run as one."""
    for block in doctree.findall(nodes.literal_block):
        lines = block.astext().splitlines()
        prompts = [line for line in lines if line.lstrip().startswith(">>>")]
        # The directives of sphinx.ext.doctest mark their nodes with this attribute.
        if prompts and "testnodetype" not in block and "output" not in block["classes"]:
            yield block, f"{prompts[0]!r} is not tested; put it into a {{doctest}} directive."
    for example in doctree.findall(nodes.FixedTextElement):
        # The directive keeps what was written in an attribute, and shows it without its options.
        if "+SKIP" in example.get("test", example.astext()) or "skipif" in example:
            yield example, "A doctest that is skipped proves nothing; let it run, or leave it out."
    for quote in doctree.findall(nodes.block_quote):
        # Outside of a fence Markdown reads >>> as three quotations, one in another.
        if isinstance(quote.parent, nodes.block_quote) and isinstance(
            quote.parent.parent, nodes.block_quote
        ):
            yield (
                quote,
                f"'>>> {quote.astext()}' is not tested; put it into a {{doctest}} directive.",
            )
