"""A lock on an open file that the system releases when the process ends for any reason."""

import sys
from io import FileIO

_FAR_AWAY = 2**40
"""Windows locks ranges of bytes and forbids others to read them; the lock is on one beyond the end of any file."""


def lock(file: FileIO) -> bool:
    """Takes the lock if no other open file has it, without waiting; closing the file releases it."""
    try:
        _lock_now(file)
    except OSError:
        return False
    return True


if sys.platform == "win32":
    import msvcrt

    def _lock_now(file: FileIO) -> None:
        position = file.tell()
        file.seek(_FAR_AWAY)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        finally:
            file.seek(position)

else:
    import fcntl

    def _lock_now(file: FileIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
