"""A lock on an open file that the system releases when the process ends for any reason."""

import errno
import logging
import sys
from io import FileIO

log = logging.getLogger(__name__)
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
"""Errors of drives that know no locks, such as some network drives."""

_FAR_AWAY = 2**40
"""Windows locks ranges of bytes and forbids others to read them; these lie beyond the end of any file."""
_SHARES = 64
"""Windows has no shared locks: whoever shares locks one of so many bytes, and whoever does not, all."""


def lock(file: FileIO, *, is_shared: bool = False) -> bool:
    """Takes the lock if no other open file has it, without waiting; closing the file releases it.

    Those that share it have it at the same time. Returns False where another has it. On a drive that knows no
    locks the work goes on without one.
    """
    try:
        _lock_now(file, is_shared=is_shared)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            return False
        log.warning("%s is on a drive without locks: %s", file.name, error)
    return True


if sys.platform == "win32":
    import msvcrt

    def _lock_now(file: FileIO, *, is_shared: bool) -> None:
        position = file.tell()
        try:
            for share in range(_SHARES if is_shared else 1):
                file.seek(_FAR_AWAY + share)
                try:
                    return msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1 if is_shared else _SHARES)
                except OSError:
                    if share == (_SHARES - 1 if is_shared else 0):
                        raise
        finally:
            file.seek(position)

else:
    import fcntl

    def _lock_now(file: FileIO, *, is_shared: bool) -> None:
        fcntl.flock(file, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
