"""Locks on open files: taken by one, and done without on drives that know none."""

import errno
from pathlib import Path

import pytest

from core.files import lock as locks


def test_a_lock_is_taken_by_one_open_file_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "one.lock"
    with path.open("ab", buffering=0) as first, path.open("ab", buffering=0) as second:
        assert locks.lock(first)
        assert not locks.lock(second)
        first.close()
        assert locks.lock(second)


@pytest.mark.parametrize(
    ("number", "goes_on"),
    [
        *((number, False) for number in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)),
        *((number, True) for number in (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)),
    ],
)
def test_a_drive_without_locks_is_not_taken_for_a_lock_of_somebody_else(
    number: int,
    goes_on: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    expected_warnings: list[str],
) -> None:
    if goes_on:
        expected_warnings.append("is on a drive without locks")

    def refuse(_file: object, *, is_shared: bool) -> None:
        raise OSError(number, "told by the drive")

    monkeypatch.setattr(locks, "_lock_now", refuse)
    with (tmp_path / "one.lock").open("ab", buffering=0) as file:
        assert locks.lock(file) is goes_on


def test_those_that_share_a_lock_have_it_together_and_keep_others_out(tmp_path: Path) -> None:
    path = tmp_path / "one.lock"
    with path.open("ab", buffering=0) as first, path.open("ab", buffering=0) as second:
        assert locks.lock(first, is_shared=True)
        assert locks.lock(second, is_shared=True)
        with path.open("ab", buffering=0) as other:
            assert not locks.lock(other)
    with path.open("ab", buffering=0) as other, path.open("ab", buffering=0) as first:
        assert locks.lock(other)
        assert not locks.lock(first, is_shared=True)
