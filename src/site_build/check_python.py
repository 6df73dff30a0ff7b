"""Check a Python before it creates the environment: run by that Python."""

import sys

# TensorFlow has wheels for these; see also requires-python in pyproject.toml.
OLDEST, NEWEST = (3, 11), (3, 13)


def find_problem() -> "str | None":
    """Return the problem of this Python, or None."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        oldest, newest = (".".join(map(str, version)) for version in (OLDEST, NEWEST))
        return (
            f"This is Python {sys.version.split()[0]}, and the site needs one from {oldest} to "
            f"{newest}. If you have one, name it: make html PYTHON=python{newest}"
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError as error:
        return (
            f"This Python has no {error.name}, which makes the environment. Install it: on Debian "
            "and Ubuntu with `sudo apt install python3-venv`, elsewhere with a Python from "
            "python.org."
        )
    return None


if __name__ == "__main__":
    sys.exit(find_problem())
