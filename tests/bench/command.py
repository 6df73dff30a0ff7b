"""How long a report on a model file takes, beside the import of NumPy and a report by Keras."""

import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.sites import FOLDER

SMALL, LARGE = 20, 2000
# Functional models, saved as today's Keras does: dense layers, and a recurrent one in ten.
SAVE = f"""
import sys
import keras
sys.setrecursionlimit(10 * {LARGE})
for depth in ({SMALL}, {LARGE}):
    x = inputs = keras.Input((5, 3))
    for number in range(depth):
        layer = keras.layers.LSTM(4, return_sequences=True) if number % 10 == 0 else (
            keras.layers.Dense(4))
        x = layer(x)
    text = keras.Model(inputs, x).to_json()
    open(f"{{sys.argv[1]}}/{{depth}}.json", "w").write(text)
    if depth == {SMALL}:
        keras.Model(inputs, x).save(f"{{sys.argv[1]}}/{{depth}}.keras")
"""
# A report on the live model needs the same file to be loaded.
BY_KERAS = """
import sys
import keras
from rnn_returns import explain
print(explain(keras.models.load_model(sys.argv[1])))
"""


def create_cases() -> dict[str, Callable[[], float]]:
    """Save two models, and return what is measured of them."""
    folder = FOLDER / "models"
    folder.mkdir(parents=True, exist_ok=True)
    run("-c", SAVE, str(folder))
    small, large = folder / f"{SMALL}.keras", folder / f"{LARGE}.json"
    report = partial(run, str(Path(sys.executable).with_name("rnn-returns")))
    return {
        "import numpy": lambda: run("-c", "import numpy"),
        f"report, {SMALL} layers": lambda: report(str(small)),
        f"report, {SMALL} layers, by Keras": lambda: run("-c", BY_KERAS, str(small)),
        f"report, {LARGE} layers": lambda: report(str(large)),
    }


def run(*arguments: str) -> float:
    """Run Python with *arguments*, and return the seconds it took."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - begun
