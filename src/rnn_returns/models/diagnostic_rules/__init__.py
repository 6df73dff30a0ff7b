"""What the graph of a model proves about the calls of its recurrent layers."""

from typing import NamedTuple


class Finding(NamedTuple):
    """What a rule finds.

    Args:
        code: The code of the diagnostic.
        message: What was given and what is needed, without the layer's name in front.
        fix: The code that fixes it, or "".
    """

    code: str
    message: str
    fix: str = ""
