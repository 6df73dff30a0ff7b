"""The description of a diagram in sentences, which a screen reader can read."""

from collections.abc import Iterator
from typing import NamedTuple

from rnn_returns.diagrams.layout import boxes_by_tensor
from rnn_returns.diagrams.layout_data import DiagramLayout, Direction
from rnn_returns.diagrams.unrolling import input_symbol
from rnn_returns.messages import Joined, Message

INITIAL_STATES = {
    "given": "a given initial state",
    "kept": "the final states of the previous call",
    "own": "what the cell's `get_initial_state` returns",
    "": "zeros",
}


class Description(NamedTuple):
    """The texts of a diagram that are not drawn."""

    id: str  # It differs where the texts differ.
    title: Message  # The layer and the number of time steps.
    sentences: list[Message]


def describe_layout(layout: DiagramLayout, key: str = "") -> Description:
    """Describe what a diagram shows; *key* distinguishes two equal ones on a page.

    >>> from rnn_returns.rules.layer_spec import LayerSpec
    >>> from rnn_returns.diagrams.description import describe_layout
    >>> from rnn_returns.diagrams.layout import build_layout
    >>> layout = build_layout(LayerSpec("GRU", units=4), (None, 2, 1), steps=2)
    >>> print(*describe_layout(layout).sentences[1:3])
    The layer processes x₁ to x₂. The states start from zeros.
    """
    steps = layout["steps"]
    template = "{layer}, {steps} time step" if steps == 1 else "{layer}, {steps} time steps"
    title = Message(template, layer=layout["source"], steps=steps)
    sentences = list(_sentences(layout))
    return Description(f"rnn-{hash_text(' '.join([title, *sentences, key]))}", title, sentences)


def _sentences(layout: DiagramLayout) -> Iterator[Message]:
    yield Message("It is called on {input}.", input=layout["input"])
    if layout["slices"]:
        yield Message("The wrapped layer is called once for each slice; one slice is drawn.")
    for direction in layout["directions"]:
        yield _processing(direction, layout["steps"])
    yield from _initial_states(layout)
    masked = [input_symbol(step) for step, unmasked in enumerate(layout["mask"]) if not unmasked]
    if masked:
        template = "Masked, so the states are unchanged: {steps}."
        yield Message(template, steps=", ".join(masked))
    yield from _returned(layout)


def _initial_states(layout: DiagramLayout) -> Iterator[Message]:
    subjects = {f"The {each['name']} states": each["initial"] for each in layout["directions"]}
    # They differ if only the cell of one direction has its own initial states.
    if len(set(subjects.values())) == 1:
        subjects = {"The states": layout["directions"][0]["initial"]}
    for subject, initial in subjects.items():
        yield Message(f"{subject} start from {INITIAL_STATES[initial]}.")


def _processing(direction: Direction, steps: int) -> Message:
    first, last = input_symbol(0), input_symbol(steps - 1)
    if direction["backwards"]:
        first, last = last, first
    subject = f"The {direction['name']} layer" if direction["name"] else "The layer"
    if first == last:
        return Message(subject + " processes {first}.", first=first)
    return Message(subject + " processes {first} to {last}.", first=first, last=last)


def _returned(layout: DiagramLayout) -> Iterator[Message]:
    tensors = layout["tensors"]
    container = layout["container"]
    yield Message(f"The layer returns {container.template}.", **container.values)
    if any(tensor["written"] != tensor["name"] for tensor in tensors):
        names = ", ".join(tensor["written"] for tensor in tensors)
        yield Message("Its structure is {structure}.", structure=f"({names})")
    symbols: dict[str, list[str]] = {tensor["name"]: [] for tensor in tensors}
    for name, operator, values in boxes_by_tensor(layout["directions"], layout["outputs"]):
        symbol = f" {operator} ".join(value["symbol"] for value in values)
        if len(values) > 1 and not operator:
            forward, backward = (value["symbol"] for value in values)
            symbol = Message("{forward} and {backward}", forward=forward, backward=backward)
        if values[0]["returned"]:
            # TimeDistributed stacks all tensors into one.
            symbols[name if len(tensors) > 1 else tensors[0]["name"]].append(symbol)
    for tensor in tensors:
        yield Message(
            "{name} of shape {shape}, which is ({axes}): {values}.",
            name=tensor["name"],
            shape=tensor["shape"],
            axes=tensor["axes"],
            values=Joined(", ", symbols[tensor["name"]]),
        )
    for equality in layout["equalities"]:
        yield Message("Equal: {equality}.", equality=equality["text"])
    if layout["hidden"]:
        hidden = ", ".join(layout["hidden"])
        yield Message("Computed but not returned: {values}.", values=hidden)


def hash_text(text: str) -> str:
    """Return a short name of *text* that is the same on every machine: FNV-1a, of 32 bits.

    >>> from rnn_returns.diagrams.description import hash_text
    >>> hash_text("output")
    '79a94f04'
    """
    number = 0x811C9DC5
    for character in text:
        number = ((number ^ ord(character)) * 0x01000193) & 0xFFFFFFFF
    return f"{number:08x}"
