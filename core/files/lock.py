"""A lock on an open file that the system releases when the process ends for any reason."""

import errno
import logging
import sys
from io import FileIO

log = logging.getLogger(__name__)
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
"""Errors of drives that know no locks, such as some network drives."""

_FAR_AWAY = 2**40
"""Windows locks ranges of bytes and forbids others to read them; the lock is on one beyond the end of any file."""


def lock(file: FileIO) -> bool:
    """Takes the lock if no other open file has it, without waiting; closing the file releases it.

    Returns False where another has it. On a drive that knows no locks the work goes on without one.
    """
    try:
        _lock_now(file)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            return False
        log.warning("%s is on a drive without locks: %s", file.name, error)
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
