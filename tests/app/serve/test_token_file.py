from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app.serve.token_file import token_in
from core.errors import InvalidRequest, SaveFailed


def test_the_token_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "token"
    token, is_new = token_in(path)
    assert (is_new, token_in(path)) == (True, (token, False))
    assert len(token) > 40
    assert token != token_in(tmp_path / "other")[0]
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_token_of_ones_own_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("a-token-of-my-own\n")
    path.chmod(0o600)
    assert token_in(path) == ("a-token-of-my-own", False)


@pytest.mark.parametrize("content", [b"", b"short\n", b"with spaces and more", b"\xff" * 30, b"x" * 501])
def test_what_is_no_token_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(InvalidRequest):
        token_in(path)


if sys.platform != "win32":  # which has no such modes

    def test_a_token_that_others_can_read_is_refused(tmp_path: Path) -> None:
        path = tmp_path / "token"
        token_in(path)
        path.chmod(0o644)
        with pytest.raises(InvalidRequest, match="chmod 600"):
            token_in(path)


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    with pytest.raises((InvalidRequest, SaveFailed)):
        token_in(tmp_path)
    assert [*tmp_path.iterdir()] == []
