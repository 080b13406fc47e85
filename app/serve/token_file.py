"""The token that each request shows, in a file that only its owner can read."""

import os
import re
import secrets
import sys
from pathlib import Path

from core.errors import InvalidRequest
from core.files.atomic import FileSystem, words_of, write_new_file
from core.language.words import tr

FILE_NAME = "serve-token"
_TOKEN = re.compile(r"[\x21-\x7e]{16,500}", re.ASCII)
_OTHERS = 0o077


class _Private(FileSystem):
    """Makes files that nobody but their owner can read, from their first moment."""

    def create(self, path: Path) -> int:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)


def token_in(path: Path) -> tuple[str, bool]:
    """Returns the token of a file, and True where the file was made now. Raises InvalidRequest or SaveFailed."""
    try:
        write_new_file(path, f"{secrets.token_urlsafe(32)}\n".encode(), _Private())
    except FileExistsError:
        return _read(path), False
    return _read(path), True


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            text, mode = file.read(1000), os.fstat(file.fileno()).st_mode
    except OSError as error:
        raise _unusable(path, words_of(error)) from error
    if sys.platform != "win32" and mode & _OTHERS:
        raise _unusable(path, tr("others on this computer can read it; chmod 600 makes it yours"))
    token = text.decode("ascii", "replace").strip()
    if not _TOKEN.fullmatch(token):
        raise _unusable(path, tr("it must be one line of 16 to 500 characters without spaces"))
    return token


def _unusable(path: Path, reason: str) -> InvalidRequest:
    sentence = tr("The file {path} cannot be the token's: {reason}.", path=path, reason=reason)
    return InvalidRequest("token file", str(path), reason, sentence=sentence)
