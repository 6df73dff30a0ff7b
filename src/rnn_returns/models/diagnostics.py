"""What can be diagnosed about a recurrent layer in a model: every kind of diagnostic, as data."""

from dataclasses import dataclass
from functools import cache

from rnn_returns.models.terminal_text import escape_controls
from rnn_returns.table import Table

# From the worst on: running or creating the model raises an error, or a value is not the one that
# a reader of the code would expect.
SEVERITIES = ("fails", "silent")
TENSORFLOW = "TensorFlow"


@dataclass(frozen=True)
class DiagnosticKind:
    """Describe a kind of diagnostic.

    Args:
        code: Its code, which never changes.
        name: Its name, which never changes either.
        severity: ``"fails"`` or ``"silent"``.
        title: What is wrong, as a heading.
        section: The address of the section on the site that explains it.
        applies_to: The backends that it was verified on if others can differ, or "" for all.
    """

    code: str
    name: str
    severity: str
    title: str
    section: str
    applies_to: str = ""


@dataclass(frozen=True)
class Diagnostic:
    """A mistake in a model.

    Args:
        layer: The name of the layer in the report.
        code: The code of the diagnostic, such as ``"RNN101"``.
        name: The name of the diagnostic, such as ``"initial-state-count"``.
        severity: ``"fails"`` if creating or running the model raises an error; ``"silent"`` if the
            model can run, but a value or a shape is not the one that the code suggests.
        message: What the model contains, and what is needed.
        fix: The code that fixes the mistake, or "".
        section: The path of the section on the site that explains the mistake.
        applies_to: The backends on which it was verified if others can differ, or "" for all.
    """

    layer: str
    code: str
    name: str
    severity: str
    message: str
    fix: str
    section: str
    applies_to: str

    def __str__(self) -> str:
        return f"{self.code} {self.name} ({self.severity}): {escape_controls(self.message)}"


class ModelError(ValueError):
    """The error that ``Report.raise_for`` raises.

    Args:
        diagnostics: The diagnostics of the severity.
    """

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__("\n".join(map(str, diagnostics)))
        self.diagnostics = diagnostics


PITFALLS, ERRORS = "docs/pitfalls/", "docs/errors/"
UNCHECKED = f"{PITFALLS}valid-code.html#pitfall-initial-state-unchecked"
LIST_INDEX, TOO_FEW = (
    f"{ERRORS}states.html#error-list-index",
    f"{ERRORS}states.html#error-too-few-leaves",
)
MASK_RANK, MASK_LENGTH = (
    f"{ERRORS}masks.html#error-mask-rank",
    f"{ERRORS}masks.html#error-mask-too-short",
)

KINDS = (
    DiagnosticKind(
        *("RNN101", "initial-state-count", "fails", "Too few or too many initial states"),
        LIST_INDEX,
    ),
    DiagnosticKind(
        *("RNN102", "initial-state-extra", "silent", "An initial state that is ignored"),
        f"{PITFALLS}states.html#pitfall-gru-extra-state",
        TENSORFLOW,
    ),
    DiagnosticKind(
        *("RNN103", "initial-state-rank", "fails", "An initial state with the wrong rank"),
        UNCHECKED,
    ),
    DiagnosticKind(
        *("RNN104", "initial-state-size", "fails", "An initial state with the wrong size"),
        f"{ERRORS}states.html#error-state-dimensions",
    ),
    DiagnosticKind(
        *("RNN105", "initial-state-broadcast", "silent", "An initial state that is broadcast"),
        UNCHECKED,
    ),
    DiagnosticKind(
        *("RNN106", "initial-state-order", "silent", "`state_h` and `state_c` are swapped"),
        "docs/layers/simple-rnn-gru-lstm.html#q-h-then-c",
    ),
    DiagnosticKind(
        *(
            "RNN107",
            "initial-state-cut",
            "silent",
            "A single state that is split along the batch axis",
        ),
        f"{PITFALLS}states.html#pitfall-bare-tensor",
    ),
    DiagnosticKind(
        *("RNN108", "initial-state-output", "fails", "The output is passed with the states"),
        TOO_FEW,
    ),
    DiagnosticKind(
        *(
            "RNN109",
            "initial-state-concatenated",
            "fails",
            "Concatenated states are passed as one state",
        ),
        UNCHECKED,
    ),
    DiagnosticKind(
        *("RNN110", "initial-state-cells", "silent", "Cells without an initial state"),
        "docs/layers/cells-and-stacks.html#q-stack-structure",
    ),
    DiagnosticKind(
        *("RNN201", "mask-shape", "fails", "A mask with the wrong shape"), MASK_RANK, TENSORFLOW
    ),
    DiagnosticKind(
        *("RNN202", "mask-per-value", "silent", "A mask that masks units instead of time steps"),
        "docs/layers/time-distributed.html#time-distributed-mask",
        TENSORFLOW,
    ),
    DiagnosticKind(
        *("RNN203", "mask-length", "fails", "A mask with the wrong length"), MASK_LENGTH, TENSORFLOW
    ),
    DiagnosticKind(
        *("RNN204", "mask-dropped", "silent", "The mask is dropped"),
        f"{PITFALLS}masks.html#pitfall-mask-initial-state",
    ),
    DiagnosticKind(
        *("RNN205", "mask-order", "silent", "The mask is not reversed with the time steps"),
        f"{PITFALLS}masks.html#pitfall-go-backwards-mask",
    ),
    DiagnosticKind(
        *("RNN206", "zero-output", "silent", "The output of a padded sequence is zero"),
        f"{PITFALLS}masks.html#pitfall-zero-output",
    ),
    DiagnosticKind(
        *("RNN301", "backward-last-step", "silent", "The backward output at the last time step"),
        "docs/layers/bidirectional.html#q-backward-last-output",
    ),
    DiagnosticKind(
        *("RNN302", "masked-last-step", "silent", "A last time step that can be masked"),
        "docs/behavior/masking.html#q-last-step",
    ),
    DiagnosticKind(
        *("RNN303", "reversed-first-step", "silent", "The first output of a reversed sequence"),
        "docs/behavior/go-backwards.html#q-go-backwards-order",
    ),
    DiagnosticKind(
        *("RNN304", "first-sample", "silent", "A sample is selected instead of the output"),
        f"{PITFALLS}results.html#pitfall-first-sample",
    ),
    DiagnosticKind(
        *(
            "RNN305",
            "reversed-sequence",
            "silent",
            "A reversed sequence is used as if it were in order",
        ),
        "docs/behavior/go-backwards.html#q-go-backwards-order",
    ),
    DiagnosticKind(
        *("RNN401", "stateful-slices", "silent", "The state is passed from slice to slice"),
        "docs/layers/time-distributed.html#time-distributed-stateful",
    ),
    DiagnosticKind(
        *("RNN402", "stateful-stack", "silent", "The states of stacked cells cannot be reset"),
        f"{PITFALLS}valid-code.html#pitfall-reset-stacked",
    ),
    DiagnosticKind(
        *("RNN403", "stateful-changed", "fails", "A layer that became stateful after it was built"),
        f"{ERRORS}states.html#error-state-none",
    ),
    DiagnosticKind(
        *("RNN501", "cannot-run", "fails", "The model can be created, but not run"),
        UNCHECKED,
        TENSORFLOW,
    ),
    DiagnosticKind(
        *("RNN502", "wrong-shapes", "silent", "Keras infers wrong shapes"),
        "docs/layers/bidirectional.html#bidirectional-unequal-units",
        TENSORFLOW,
    ),
    DiagnosticKind(
        *("RNN503", "output-missing", "fails", "An output that the layer does not return"),
        "docs/flags/state.html#state-trained-layer",
    ),
    DiagnosticKind(
        *("RNN504", "arguments-changed", "silent", "Arguments were changed after the call"),
        "docs/flags/state.html#state-trained-layer",
    ),
    DiagnosticKind(
        *("RNN505", "ragged-input", "fails", "A ragged input"),
        f"{ERRORS}shapes.html#error-ragged",
        TENSORFLOW,
    ),
    DiagnosticKind(
        *("RNN506", "regularized-states", "silent", "The returned states are penalized"),
        f"{PITFALLS}results.html#pitfall-activity-regularizer",
    ),
    DiagnosticKind(
        *(
            "RNN507",
            "stacked-states",
            "silent",
            "`TimeDistributed` stacks the output and the states",
        ),
        f"{PITFALLS}structure.html#pitfall-time-distributed-states",
    ),
)


def create_diagnostic(code: str, layer: str, message: str, fix: str = "") -> Diagnostic:
    """Create the diagnostic of kind *code* for the layer named *layer*.

    Raises:
        KeyError: If there is no such kind.

    >>> from rnn_returns.models.diagnostics import create_diagnostic
    >>> create_diagnostic("RNN204", "decoder", "decoder: the mask is dropped.").severity
    'silent'
    """
    kind = _index_kinds()[code]
    return Diagnostic(
        *(layer, kind.code, kind.name, kind.severity, message, fix, kind.section, kind.applies_to)
    )


def list_kinds() -> Table:
    """List every kind of diagnostic as a table.

    >>> from rnn_returns.models.diagnostics import list_kinds
    >>> list_kinds().rows[0]
    ('RNN101', 'initial-state-count', 'fails', 'Too few or too many initial states')
    """
    rows = tuple((kind.code, kind.name, kind.severity, kind.title) for kind in KINDS)
    return Table("Diagnostics", ("code", "name", "severity", "what is wrong"), rows)


@cache
def _index_kinds() -> dict[str, DiagnosticKind]:
    return {kind.code: kind for kind in KINDS}
