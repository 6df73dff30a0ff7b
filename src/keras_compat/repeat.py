"""Measure a recorded environment again; fail if it differs: ``python -m keras_compat.repeat``.

Each week a different environment is measured. The nightly builds are not, because an old one cannot
be installed again; ``next-keras.yml`` measures the newest one.
"""

import argparse
import datetime
import sys
from collections.abc import Sequence

from keras_compat.__main__ import UnavailableError, measure
from keras_compat.data_files import MeasuredKeras, parse_data, read_measured
from keras_compat.environments import BACKENDS, NIGHTLY, VERSIONS
from keras_compat.verify import compare


def read_repeatable() -> list[MeasuredKeras]:
    """Read the records of the environments that can be installed again."""
    environments = [item for item in (*VERSIONS, *BACKENDS) if NIGHTLY not in item.requirements]
    return read_measured(environments)


def choose(repeatable: Sequence[MeasuredKeras], day: datetime.date) -> MeasuredKeras:
    """Choose the record that is measured again in the week of *day*; weeks start on Mondays."""
    return repeatable[(day.toordinal() - 1) // 7 % len(repeatable)]


def main() -> None:
    """Measure the environment of this week, or the one that the command line names."""
    repeatable = {keras.environment.name: keras for keras in read_repeatable()}
    this_week = choose(list(repeatable.values()), datetime.date.today())
    parser = argparse.ArgumentParser(prog="python -m keras_compat.repeat", description=__doc__)
    parser.add_argument("name", nargs="?", default=this_week.environment.name, choices=repeatable)
    recorded = repeatable[parser.parse_args().name]
    environment = recorded.environment
    print(f"Measuring {environment.name} again, recorded on {recorded.date}.", flush=True)
    try:
        measured = parse_data(environment, measure(environment))
        print(compare(recorded, measured))
    except UnavailableError as error:
        sys.exit(f"{environment.name} {error}")
    except AssertionError as error:
        versions = ", ".join(" ".join(item) for item in sorted(measured.versions.items()))
        before = ", ".join(" ".join(item) for item in sorted(recorded.versions.items()))
        sys.exit(f"{error}\nRecorded with {before}; measured with {versions}.")


if __name__ == "__main__":
    main()
