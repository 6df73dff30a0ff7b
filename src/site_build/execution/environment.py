"""The environment that pages and doctests run in, the same on every machine and for every user."""

from pathlib import Path

KERNELS = Path(__file__).parent / "jupyter"

# TensorFlow writes log lines with a process id and this processor's features, and oneDNN and CUDA
# would make numbers depend on the machine. To run a page elsewhere, the same variables are needed.
BACKEND = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "CUDA_VISIBLE_DEVICES": "-1",
}


def get_variables(root: Path) -> dict[str, str]:
    """Return the environment variables of the build, which every kernel inherits.

    They must be set before Keras or TensorFlow is imported.

    Args:
        root: The folder of conf.py.
    """
    return {
        **BACKEND,
        # TensorFlow sets it when it is imported; so it is the same before and after.
        "TF2_BEHAVIOR": "1",
        # The order of a set, and of the sums that NumPy's threads add up, would differ by run
        # and by the number of cores.
        "PYTHONHASHSEED": "0",
        "OPENBLAS_NUM_THREADS": "1",
        # A reader's own keras.json or IPython profile could change what a page shows.
        "KERAS_HOME": str(root / "_build" / "keras"),
        "IPYTHONDIR": str(root / "_build" / "ipython"),
        # Our kernel: errors as type and message, without paths and terminal colors.
        "JUPYTER_PATH": str(KERNELS),
    }
