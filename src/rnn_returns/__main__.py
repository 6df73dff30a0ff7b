"""The command ``rnn-returns``: explain saved models, or predict what layers return."""

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING, Any

# Slow imports are in the functions that need them, so that --help is fast.
if TYPE_CHECKING:
    from rnn_returns.models.report import Report
    from rnn_returns.rules.layer_spec import LayerSpec, Shape
    from rnn_returns.rules.predicted import PredictedReturn

SCHEMA_VERSION = 1
PROGRAM = "rnn-returns"
STDIN = "-"
ENDINGS = (".keras", ".h5", ".hdf5", ".json")
MAX_BYTES = 8 * 1024**2
MAX_RANK, MAX_LENGTH = 8, 10**9
EXAMPLES = """examples:
  rnn-returns model.keras
  rnn-returns --fail-on silent encoder.keras decoder.h5
  rnn-returns - < model.json
  rnn-returns "Bidirectional(LSTM(4, return_state=True), merge_mode=None)" --input 8,10,3

exit status:
  0  every target was read
  1  --fail-on: a diagnostic of that severity was reported
  2  a target could not be read, or Keras does not support it
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command with *arguments*, those of the process if None; return the exit status."""
    options = build_parser().parse_args(arguments)
    if (options.input or options.mask or options.initial_state) and not any(
        map(_is_layer, options.targets)
    ):
        return _report_error(
            options.targets[0],
            '--input, --mask and --initial-state are for a layer, such as "LSTM(4)"',
        )
    try:
        return _print_results(options)
    except BrokenPipeError:  # Such as of `rnn-returns model.keras | head -1`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Report what the recurrent layers of saved Keras models return, what uses it "
        "and what will go wrong; or what a single layer returns. Nothing in a file is run.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "targets",
        nargs="+",
        metavar="MODEL|LAYER",
        help='a file; "-" for the text of model.to_json() on standard input; or a layer as in '
        "Python",
    )
    parser.add_argument("--json", action="store_true", help="write a JSON array")
    parser.add_argument(
        "--fail-on",
        choices=("fails", "silent"),
        help="exit with status 1 if there are diagnostics that fail; silent: or any others",
    )
    layer = parser.add_argument_group("options of LAYER")
    layer.add_argument(
        "--input", type=_read_shape, metavar="SHAPE", help="of its input: 8,10,3 or None,None,3"
    )
    layer.add_argument("--mask", action="store_true", help="it is called with a mask")
    layer.add_argument(
        "--initial-state", action="store_true", help="it is called with an initial state"
    )
    return parser


def _read_shape(text: str) -> "Shape":
    parts = [part.strip() for part in text.strip("()[] ").rstrip(",").split(",")]
    if len(parts) <= MAX_RANK and all(map(_is_length, parts)):
        return tuple(None if part == "None" else int(part) for part in parts)
    raise argparse.ArgumentTypeError(
        f"expected a shape such as 8,10,3 or None,None,3, got {text!a}"
    )


def _is_length(part: str) -> bool:
    is_number = part.isascii() and part.isdigit() and len(part) <= len(str(MAX_LENGTH))
    return part == "None" or is_number


def _is_layer(target: str) -> bool:
    return "(" in target and not target.endswith(ENDINGS) and not os.path.exists(target)


def _print_results(options: argparse.Namespace) -> int:
    """Print what is known of every target; return the worst status."""
    status, results = 0, []
    for target in options.targets:
        result = try_target(target, options)
        if isinstance(result, str):
            status = _report_error(target, result)
            data: dict[str, Any] = {"error": result}
        else:
            status = max(status, _find_status(result, options.fail_on))
            data = _to_data(result)
            if not options.json:
                title = f"==> {_escape(target)} <==\n" if len(options.targets) > 1 else ""
                _print(f"{title}{_format(result)}")
        results.append({"schema_version": SCHEMA_VERSION, "target": target, **data})
    if options.json:
        _print(json.dumps(results).replace("\x7f", "\\u007f"))
    return status


def try_target(target: str, options: argparse.Namespace) -> "Report | PredictedReturn | str":
    """Return what is known of *target*, or why it cannot be read."""
    try:
        return _read_target(target, options)
    except RecursionError:
        return "It is nested too deeply."
    except (OSError, ValueError) as error:
        return str(error)


def _read_target(target: str, options: argparse.Namespace) -> "Report | PredictedReturn":
    if _is_layer(target):
        return _predict(target, options)
    from rnn_returns.models.explanation import explain, explain_json

    if target == STDIN:
        return explain_json(_read_stdin())
    if not os.path.exists(target):
        raise ValueError('There is no such file; a layer needs its arguments, as in "LSTM(4)".')
    return explain(target)


def _read_stdin() -> str:
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError("Expected JSON of at most 8 MiB, got more.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("Expected JSON in UTF-8, got other bytes.") from None


def _predict(text: str, options: argparse.Namespace) -> "PredictedReturn":
    from rnn_returns.rules.from_source import read_source
    from rnn_returns.rules.predicted import PredictedReturn

    layer = read_source(text)
    shape = options.input or _choose_shape(layer)
    return PredictedReturn(layer, shape, mask=options.mask, initial_state=options.initial_state)


def _choose_shape(layer: "LayerSpec") -> "Shape":
    """Return a shape that is as open as possible, for a layer without image axes."""
    from rnn_returns.rules.layer_spec import OPEN_AXES, input_axes

    axes = input_axes(layer)
    if "features" not in axes:
        raise ValueError(
            f"{layer.kind} needs the shape of its input; pass it as --input {','.join(axes)}."
        )
    return tuple(None if axis in OPEN_AXES else 1 for axis in axes)


def _find_status(result: "Report | PredictedReturn", severity: str | None) -> int:
    from rnn_returns.models.diagnostics import ModelError
    from rnn_returns.models.report import Report

    if severity and isinstance(result, Report):
        try:
            result.raise_for(severity)
        except ModelError:
            return 1
    return 0


def _to_data(result: "Report | PredictedReturn") -> dict[str, Any]:
    from rnn_returns.models.report import Report

    if isinstance(result, Report):
        return {"report": json.loads(result.to_json())}
    return {"prediction": result.to_data()}


def _format(result: "Report | PredictedReturn") -> str:
    from rnn_returns.models.report import Report
    from rnn_returns.models.terminal_text import color_report

    return color_report(result) if isinstance(result, Report) and _has_colors() else repr(result)


def _has_colors() -> bool:
    is_disabled = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not is_disabled


def _report_error(target: str, reason: str) -> int:
    """Write why there is no result for *target*, on one line; return the status of that."""
    name = "standard input" if target == STDIN else _escape(target)
    # The reason can start with the name of the file, which is printed already.
    file_name = _escape(os.path.basename(os.path.normpath(target)))
    text = _escape(" ".join(reason.split())).removeprefix(f"{file_name} ")
    print(f"{PROGRAM}: {name}: {text}", file=sys.stderr)
    return 2


def _escape(text: str) -> str:
    from rnn_returns.models.terminal_text import escape_controls

    return escape_controls(text)


def _print(text: str) -> None:
    """Print *text*, also where the terminal cannot show all its characters."""
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), flush=True)


if __name__ == "__main__":
    sys.exit(main())
