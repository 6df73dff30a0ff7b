"""The messages in the tables, as templates for the catalogs of the translations.

A ``{name}`` stands for a value, and code is in backticks.
"""

from enum import StrEnum

from keras_compat.migration_notes import MIGRATION_NOTES
from keras_compat.probe import ACCEPTED, MEASUREMENTS

# The groups of behaviors, by the first part of their names.
GROUPS = {
    "returns": "What comes back",
    "container": "In what container",
    "equal": "What is equal",
    "exists": "Which layers there are",
    "go_backwards": "Reading backwards",
    "mask": "Masks",
    "numbers": "Numbers",
    "default": "Defaults",
    "state": "States",
    "argument": "Arguments",
    "surprise": "Surprises",
    "error": "Messages",
}

# What torch_probe.py reports in words; it cannot be imported without PyTorch.
PYTORCH_ANSWERS = ("output at real steps", "equal", "different")


class TableText(StrEnum):
    """What the tables contain besides titles, values and migration notes."""

    # Where a value was measured.
    ON = "{keras} on {backend}"
    ON_GPU = "{keras} on {backend}, GPU"
    GPU = "{name}, GPU"
    CPU = "{name}, CPU"
    FROM_TO = "{first} to {last}"
    SINCE = "after {before}, at the latest in {row}"
    # Captions.
    CHANGED = "{count} behaviours changed"
    MISTAKES = "{count} mistakes"
    BEHAVIORS = "{count} behaviours"
    DIFFER = "{count} behaviours differ"
    FAST_KERNEL = "{count} behaviours that a fast kernel may change"
    UNCHANGED = "{count} behaviours that never changed"
    CHANGES = "{count} changes, the newest first"
    NO_CHANGES = "The nightly build does all that was measured as the release does."
    ENVIRONMENTS = "{count} environments"
    TENSORS = "{count} tensors"
    # Heads of columns.
    BEHAVIOR = "behaviour"
    ENVIRONMENT = "what"
    VERSIONS = "with"
    DATE = "on"
    LAYER = "layer"
    TENSOR = "tensor"
    SHAPE = "shape"
    PYTORCH = "beside PyTorch's"
    # Inside a row.
    PICK = "The Keras that you have"
    ACTION = "What to do"
    MORE = ", and {count} more"
    ERROR = "refused"
    NOT_RUN = "not run"
    NO_GPU = "no GPU was at hand"
    GPU_NOT_USED = "the GPU at hand was not used"


def list_messages() -> list[str]:
    """List the templates of all messages in the tables, each once."""
    measurements = MEASUREMENTS.values()
    titles = [measurement.title for measurement in measurements]
    answers = [answer for measurement in measurements for answer in measurement.answers]
    notes = [text for note in MIGRATION_NOTES for text in (note.summary, note.action)]
    texts = [*TableText, *answers, ACCEPTED, *PYTORCH_ANSWERS, *GROUPS.values(), *titles, *notes]
    return [str(text) for text in dict.fromkeys(texts)]
