"""All that the atlas's tables say besides what was measured, for a translation to say it too.

What stands for a value is a ``{name}``, and code stands in backticks.
"""

from enum import StrEnum

from atlas.news import NEWS
from atlas.words import GROUPS, TITLES


class Phrase(StrEnum):
    """What the tables say around titles, news and values."""

    # Where something was found.
    ON = "{keras} on {backend}"
    ON_GPU = "{keras} on {backend}, GPU"
    GPU = "{name}, GPU"
    CPU = "{name}, CPU"
    FROM_TO = "{first} to {last}"
    SINCE = "after {before}, at the latest in {row}"
    # What each table shows.
    CHANGED = "{count} behaviours changed"
    MISTAKES = "{count} mistakes"
    BEHAVIOURS = "{count} behaviours"
    DIFFER = "{count} behaviours differ"
    FAST_KERNEL = "{count} behaviours that a fast kernel may change"
    NEVER_CHANGED = "{count} behaviours that never changed"
    NEWS = "{count} changes, the newest first"
    NOTHING_NEW = "The nightly build does all that was measured as the release does."
    ENVIRONMENTS = "{count} environments"
    TENSORS = "{count} tensors"
    # Their heads.
    BEHAVIOUR = "behaviour"
    WHAT = "what"
    WITH = "with"
    DATE = "on"
    LAYER = "layer"
    TENSOR = "tensor"
    SHAPE = "shape"
    BESIDE = "beside PyTorch's"
    # What they say within a row.
    PICK = "The Keras that you have"
    WHAT_TO_DO = "What to do"
    MORE = ", and {count} more"
    REFUSED = "refused"
    NOT_RUN = "not run"
    NO_GPU = "no GPU was at hand"
    GPU_NOT_USED = "the GPU at hand was not used"


# The words of the probes for what they found.
ANSWERS = (
    "yes",
    "no",
    "none",
    "runs",
    "resets",
    "skipped",
    "accepted",
    "accepted, {shape}",
    "accepted, {count} values",
    "{count} values",
    "{count} values, flat",
    "{count} answers",
    "{count} penalties",
    "`list` of {shapes}",
    "`tuple` of {shapes}",
    "forward {one}, backward {other}",
    "{function}, slope {slope}",
    "not in its configuration",
    "no method",
    "no example",
    "a model is built",
    "of the input",
    "repeats the previous output",
    "the last output",
    "the second is ignored",
    "cut along the batch",
    "row by row",
    "output at real steps",
    "equal",
    "different",
)


def phrases() -> list[str]:
    """List everything that a translation has to have, each once."""
    news = [words for one in NEWS for words in (one.says, one.fix)]
    return [*dict.fromkeys([*Phrase, *ANSWERS, *GROUPS.values(), *TITLES.values(), *news])]
