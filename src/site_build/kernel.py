"""The kernel of the pages: IPython's, but what a cell prints comes in one piece.

IPython's kernel sends what was printed several times a second, and MyST-NB strips each piece when
it joins them; so blank lines would come and go with the speed of the machine. Here a piece ends
where the cell ends, or where it displays something.
"""

from ipykernel.iostream import OutStream
from ipykernel.kernelapp import launch_new_instance

ONE_HOUR = 3600

if __name__ == "__main__":
    OutStream.flush_interval = ONE_HOUR
    launch_new_instance()
