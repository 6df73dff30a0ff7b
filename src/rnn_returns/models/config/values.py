"""Checked access to the values of a configuration, which may be anything."""

from typing import Any

from rnn_returns.rules.layer_spec import Shape

# No layer of a real model comes near these limits.
MAX_SIZE = 10**9
MAX_RANK = 32
MAX_TEXT = 60


def list_names(text: str) -> tuple[str, ...]:
    """Return the names in *text*, which is how long lists of names are written here."""
    return tuple(text.split())


def expect_dict(value: Any, what: str) -> dict[str, Any]:
    """Return *value* if it is a dictionary.

    Raises:
        ValueError: If it is not; the message names it by *what*.
    """
    if not isinstance(value, dict):
        raise ValueError(f"Expected {what} to be a dictionary, got {quote(value)}.")
    return value


def expect_list(value: Any, what: str) -> list[Any]:
    """Return *value* if it is a list; raise a ValueError if it is not."""
    if not isinstance(value, list):
        raise ValueError(f"Expected {what} to be a list, got {quote(value)}.")
    return value


def expect_text(value: Any, what: str) -> str:
    """Return *value* if it is text; raise a ValueError if it is not."""
    if not isinstance(value, str):
        raise ValueError(f"Expected {what} to be text, got {quote(value)}.")
    return value


def expect_flag(value: Any, what: str) -> bool:
    """Return *value* if it is true or false; raise a ValueError if it is not."""
    if not isinstance(value, bool):
        raise ValueError(f"Expected {what} to be true or false, got {quote(value)}.")
    return value


def expect_number(value: Any, what: str, least: int = 0, most: int = MAX_SIZE) -> int:
    """Return *value* if it is a whole number in a range; raise a ValueError if it is not."""
    if isinstance(value, float) and value.is_integer():  # Some versions write 4.0 for 4.
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(
            f"Expected {what} to be a whole number from {least} to {most}, got {quote(value)}."
        )
    return value


def expect_sizes(value: Any, what: str, rank: int) -> tuple[int, ...]:
    """Return one positive number, or a list of them, as a tuple of *rank* numbers.

    Raises:
        ValueError: If *value* is anything else.
    """
    if not isinstance(value, list | tuple):
        return (expect_number(value, what, 1),) * rank
    if len(value) != rank:
        raise ValueError(f"Expected {what} to have {rank} numbers, got {quote(value)}.")
    return tuple(expect_number(size, what, 1) for size in value)


def expect_shape(value: Any, what: str) -> Shape:
    """Return *value* as a shape; raise a ValueError if it is not one."""
    if not isinstance(value, list | tuple) or len(value) > MAX_RANK:
        raise ValueError(f"Expected {what} to be a shape, got {quote(value)}.")
    return tuple(None if size is None else expect_number(size, what) for size in value)


def is_shape(value: Any) -> bool:
    """Return whether *value* is a shape: a list of sizes and nulls."""
    try:
        expect_shape(value, "")
    except ValueError:
        return False
    return True


def quote(value: Any) -> str:
    """Return *value* for a message, shortened and without control characters."""
    if isinstance(value, dict | list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX_SIZE:
        return "a number out of range"  # Python does not format thousands of digits.
    text = ascii(value)
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 3]}..."
