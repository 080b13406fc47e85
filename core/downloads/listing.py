"""Lists the files of a repository with their sizes and hashes, at one commit."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, cast
from urllib.parse import quote

from core.downloads.failures import DownloadFailed, Failure, Fault
from core.downloads.hub import Hub

MOST_FILES = 20_000
LARGEST_FILE = 2**42
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}", re.ASCII)
_FORBIDDEN_IN_NAMES = re.compile(r'[\x00-\x1f<>:"|?*\\]')


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file of a repository.

    Attributes:
        path: inside the repository, with ``/``.
        size: in bytes.
        sha256: of the content, "" for small files outside of Git LFS; those have a ``git_sha1``.
        git_sha1: of the Git blob, ``sha1("blob {size}\\0" + content)``.
    """

    path: str
    size: int
    sha256: str = ""
    git_sha1: str = ""

    @property
    def identity(self) -> str:
        """Returns the hash that distinguishes this content from any other."""
        return self.sha256 or self.git_sha1


@dataclass(frozen=True, slots=True)
class Listing:
    """A repository's files at one commit."""

    repository: str
    commit: str
    files: tuple[RemoteFile, ...]


def is_repository(text: str) -> bool:
    """Returns whether the text has the form ``owner/name``."""
    return _REPOSITORY.fullmatch(text) is not None and ".." not in text


def list_repository(hub: Hub, repository: str, revision: str = "main") -> Listing:
    """Returns the hub's listing of a repository. Raises DownloadFailed."""
    if not is_repository(repository):
        raise DownloadFailed(Failure(Fault.not_found, repository, page=hub.address.endpoint))
    about, _ = hub.ask(repository, f"revision/{quote(revision, safe='')}")
    try:
        commit = _digest(about["sha"], 40)
        files: list[RemoteFile] = []
        path = f"tree/{commit}?recursive=true"
        while path and len(files) <= MOST_FILES:
            entries, path = hub.ask(repository, path)
            files += [file for entry in entries if (file := _remote_file(entry)) is not None]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        failure = Failure(Fault.not_a_hub, repository, host=hub.address.endpoint)
        raise DownloadFailed(failure) from error
    return Listing(repository, commit, tuple(files))


def is_safe_path(path: str) -> bool:
    """Returns whether a path from outside stays inside its folder on every system."""
    if not path or len(path) > 400 or _FORBIDDEN_IN_NAMES.search(path):
        return False
    parts = path.split("/")
    return not PurePosixPath(path).is_absolute() and all(part.strip(". ") for part in parts)


def _remote_file(entry: Any) -> RemoteFile | None:
    """Returns None for folders and forbidden paths. Raises KeyError, TypeError or ValueError."""
    if entry["type"] != "file" or not is_safe_path(str(entry["path"])):
        return None
    lfs = cast("dict[str, Any] | None", entry.get("lfs"))
    size = int(lfs["size"] if lfs else entry["size"])
    if not 0 <= size <= LARGEST_FILE:
        raise ValueError(f"a file of {size} bytes")
    if lfs:
        return RemoteFile(str(entry["path"]), size, sha256=_digest(lfs["oid"], 64))
    return RemoteFile(str(entry["path"]), size, git_sha1=_digest(entry["oid"], 40))


def _digest(value: Any, length: int) -> str:
    text = str(value).removeprefix("sha256:").lower()
    if not re.fullmatch(rf"[0-9a-f]{{{length}}}", text):
        raise ValueError(f"{text!r} is no hash")
    return text
