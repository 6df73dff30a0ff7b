"""The environments that the atlas measures, in the order in which it shows them.

A new version of Keras is one more line here, and then ``make atlas``.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Environment:
    """One Keras on one backend, and how to come by it.

    Args:
        name: The name of its data file, without ``.json``.
        label: What readers know it as.
        python: The Python that it is installed on.
        requirements: What is installed; environments that need the same share a folder.
        beside: A Keras that is put before the installed one, by itself, for it is small.
        module: The name under which this Keras is imported.
        backend: What it computes with.
        installer: What installs the requirements, ``uv`` or ``pip``.
        gpu: Whether it needs a GPU, and may see it.
        probe: The file that is run in it.
    """

    name: str
    label: str
    python: str
    requirements: tuple[str, ...]
    beside: str = ""
    module: str = "keras"
    backend: str = "tensorflow"
    installer: str = "uv"
    gpu: bool = False
    probe: str = "probe.py"


NEWEST = "3.15.1"
# The nightly wheel has no fixed name; the newest of the day is taken, and its version recorded.
NIGHTLY = "keras-nightly"

# TensorFlow took any NumPy and protobuf of the future for granted, and then they changed.
_OLD = ("protobuf<3.21", "numpy<1.20", "h5py<3")
_LESS_OLD = ("protobuf<3.21", "numpy<2")

# Every Keras 3 runs on these; dm-tree is what the first ones need besides.
_KERAS_3 = ("tensorflow-cpu==2.21.0", "jax==0.10.2", "dm-tree")
# By pip, which takes a build for CPUs where its user has told it of one.
_TORCH = ("torch==2.13.0", f"keras=={NEWEST}", "dm-tree")

_KERAS_3_RELEASES = (
    "3.0.5",
    "3.1.1",
    "3.2.1",
    "3.3.3",
    "3.4.1",
    "3.5.0",
    "3.6.0",
    "3.7.0",
    "3.8.0",
    "3.9.2",
    "3.10.0",
    "3.11.3",
    "3.12.4",
    "3.13.2",
    "3.14.1",
    NEWEST,
)


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _alone(keras: str) -> Environment:
    """Keras as a package of its own, before it became TensorFlow's."""
    requirements = (f"keras=={keras}", "tensorflow==1.15.5", *_OLD)
    return Environment(f"keras-{_minor(keras)}", f"Keras {_minor(keras)}", "3.7", requirements)


def _of_tensorflow(python: str, version: str, *pins: str) -> Environment:
    """The Keras that came with TensorFlow."""
    minor = _minor(version)
    # The first was not yet split into one for CPUs alone.
    package = "tensorflow" if minor == "2.0" else "tensorflow-cpu"
    # In some of them the package keras, which is behind it, has layers that tf.keras does not have.
    return Environment(
        f"tf.keras-{minor}",
        f"tf.keras {minor}",
        python,
        (f"{package}=={version}", *pins),
        # The last do not say which version they are; there the package has the same layers.
        module="keras" if minor in ("2.13", "2.14", "2.15") else "tensorflow.keras",
    )


def _legacy(version: str, tensorflow: str) -> Environment:
    """Keras 2 as it is kept for those who cannot move on."""
    minor = _minor(version)
    requirements = (f"tf-keras=={version}", f"tensorflow-cpu=={tensorflow}")
    return Environment(
        f"tf-keras-{minor}", f"tf-keras {minor}", "3.11", requirements, module="tf_keras"
    )


def _keras_3(version: str, backend: str) -> Environment:
    nightly = version == NIGHTLY
    name = "keras-nightly" if nightly else f"keras-{_minor(version)}"
    label = "Keras nightly" if nightly else f"Keras {_minor(version)}"
    torch = backend == "torch"
    return Environment(
        name if backend == "tensorflow" else f"{name}-{backend}",
        label,
        "3.11",
        _TORCH if torch else _KERAS_3,
        beside=version if nightly else f"keras=={version}",
        backend=backend,
        installer="pip" if torch else "uv",
    )


def _on_gpu(backend: str, *requirements: str) -> Environment:
    return Environment(
        f"keras-{_minor(NEWEST)}-{backend}-gpu",
        f"Keras {_minor(NEWEST)}",
        "3.11",
        (f"keras=={NEWEST}", *requirements),
        backend=backend,
        gpu=True,
    )


# On TensorFlow, the oldest first: each is compared with the one before.
VERSIONS = (
    _alone("2.1.6"),
    _alone("2.2.4"),
    _alone("2.3.1"),
    _of_tensorflow("3.7", "2.0.4", *_OLD),
    _of_tensorflow("3.7", "2.1.4", *_OLD),
    _of_tensorflow("3.8", "2.2.3", *_OLD),
    _of_tensorflow("3.8", "2.3.4", *_LESS_OLD),
    _of_tensorflow("3.8", "2.4.4", *_LESS_OLD),
    _of_tensorflow("3.8", "2.5.3", *_LESS_OLD),
    _of_tensorflow("3.9", "2.6.5", "keras==2.6.*", *_LESS_OLD),
    _of_tensorflow("3.9", "2.7.4", *_LESS_OLD),
    _of_tensorflow("3.10", "2.8.4", *_LESS_OLD),
    _of_tensorflow("3.10", "2.9.3", *_LESS_OLD),
    _of_tensorflow("3.10", "2.10.1", *_LESS_OLD),
    _of_tensorflow("3.10", "2.11.1", *_LESS_OLD),
    _of_tensorflow("3.11", "2.12.1"),
    _of_tensorflow("3.11", "2.13.1"),
    _of_tensorflow("3.11", "2.14.1"),
    _of_tensorflow("3.11", "2.15.1"),
    _legacy("2.16.0", "2.16.2"),
    _legacy("2.17.0", "2.17.1"),
    _legacy("2.18.0", "2.18.1"),
    _legacy("2.19.0", "2.19.1"),
    _legacy("2.20.1", "2.20.0"),
    _legacy("2.21.0", "2.21.0"),
    *(_keras_3(version, "tensorflow") for version in (*_KERAS_3_RELEASES, NIGHTLY)),
)

# Besides TensorFlow, for what is new only.
BACKENDS = tuple(
    _keras_3(version, backend)
    for backend in ("jax", "torch", "numpy")
    for version in (NEWEST, NIGHTLY)
)

# What takes a GPU to measure: the fast kernels of each backend.
ON_GPU = (
    _on_gpu("tensorflow", "tensorflow[and-cuda]==2.21.0"),
    _on_gpu("torch", "torch==2.13.0"),
    _on_gpu("jax", "jax[cuda12]==0.10.2"),
)

# PyTorch's own layers beside Keras's: another probe.
PYTORCH = Environment(
    "pytorch",
    "PyTorch",
    "3.11",
    _TORCH,
    backend="torch",
    installer="pip",
    probe="torch_probe.py",
)

ENVIRONMENTS = (*VERSIONS, *BACKENDS, *ON_GPU, PYTORCH)
