"""Transfers one file from the hub to the disk: resumed, checked byte by byte, complete or not at all."""

import errno
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx2

from core.downloads.digest import check
from core.downloads.events import Checking, Damaged, Waiting
from core.downloads.failures import DownloadFailed, Failure, Fault
from core.downloads.hub import Hub
from core.downloads.listing import RemoteFile
from core.downloads.part import Part
from core.downloads.retry_policy import RetryPolicy
from core.errors import SaveFailed
from core.files.atomic import words_of

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


class Transfer:
    """Fetches files of one commit of one repository."""

    def __init__(self, hub: Hub, repository: str, commit: str, patience: RetryPolicy) -> None:
        self._hub = hub
        self._repository = repository
        self._commit = commit
        self._patience = patience

    def fetch(self, file: RemoteFile, target: Path) -> Iterator[int | Checking | Waiting | Damaged]:
        """Yields the number of bytes that are here each time some arrive, and other events meanwhile.

        A right file at ``target`` is left alone. Closing the generator leaves the beginning in place for the
        next time. Raises DownloadFailed.
        """
        try:
            if target.exists():
                if target.stat().st_size == file.size and (yield from check(file, target)):
                    yield file.size
                    return
                yield Damaged(file.path)
            with Part(target, file) as part:
                yield from self._complete(file, part)
                yield file.size
        except OSError as error:
            raise DownloadFailed(self._disk_failure(file, error)) from error
        except SaveFailed as error:
            raise DownloadFailed(self._failure(Fault.cannot_write, file, error.reason)) from error

    def _complete(self, file: RemoteFile, part: Part) -> Iterator[int | Checking | Waiting | Damaged]:
        for done in part.read_again():
            yield Checking(file.path, done, file.size)
        yield from self._fill(file, part)
        if part.finish():
            return
        yield Damaged(file.path)
        yield from self._fill(file, part)
        if not part.finish():
            raise DownloadFailed(self._failure(Fault.damaged, file))

    def _fill(self, file: RemoteFile, part: Part) -> Iterator[int | Waiting]:
        """Sends requests until the file is full or the retry policy gives up."""
        failed = 0
        while not part.is_full:
            before = part.size
            try:
                for _ in self._receive(file, part):
                    yield part.size
            except DownloadFailed as error:
                failure = error.failure
            else:
                failure = self._failure(Fault.cut_off, file)
            if part.is_full:
                return
            failed = 1 if part.size > before else failed + 1
            wait_s = self._patience.wait_s(failure, failed)
            if wait_s is None:
                raise DownloadFailed(failure)
            yield Waiting(failure, wait_s)
            time.sleep(wait_s)

    def _receive(self, file: RemoteFile, part: Part) -> Iterator[None]:
        """Sends one request. If the server names the content otherwise than before, its hash alone is trusted:
        the commit is fixed, and with it the final content.
        """
        for is_conditional in (True, False):
            headers = {"Range": f"bytes={part.size}-"} if part.size else {}
            if part.size and part.etag and is_conditional:
                headers["If-Range"] = part.etag
            with self._hub.open(self._repository, self._commit, file.path, headers) as answer:
                if answer.status_code == 200 and "If-Range" in headers and answer.headers.get("ETag") != part.etag:
                    continue
                yield from self._take(file, part, answer)
                return

    def _take(self, file: RemoteFile, part: Part, answer: httpx2.Response) -> Iterator[None]:
        if answer.status_code == 416:
            part.begin_again()
            raise DownloadFailed(self._failure(Fault.range_refused, file, status=416))
        if answer.status_code == 206 and not _continues(answer.headers.get("Content-Range", ""), part.size, file):
            part.begin_again()
            raise DownloadFailed(self._failure(Fault.range_refused, file, status=206))
        if answer.status_code == 200 and part.size:
            part.begin_again()  # this server sends whole files only
        length = answer.headers.get("Content-Length", "")
        if length.isdigit() and int(length) != file.size - part.size:
            raise DownloadFailed(self._failure(Fault.not_a_hub, file))  # a page that asks to log in to the network
        etag = answer.headers.get("ETag", "")
        part.name_owner("" if etag.startswith("W/") else etag)  # a weak one may not be used for ranges
        for content in answer.iter_raw():
            if part.size + len(content) > file.size:
                part.begin_again()
                raise DownloadFailed(self._failure(Fault.damaged, file))
            part.append(content)
            yield

    def _failure(self, fault: Fault, file: RemoteFile, reason: str = "", status: int = 0) -> Failure:
        address = self._hub.address
        page = address.page(self._repository)
        host = httpx2.URL(address.endpoint).host
        return Failure(fault, self._repository, file.path, host, status, page=page, reason=reason)

    def _disk_failure(self, file: RemoteFile, error: OSError) -> Failure:
        fault = Fault.disk_full if error.errno in _FULL else Fault.cannot_write
        return replace(self._failure(fault, file, words_of(error)), needed=file.size)


def _continues(content_range: str, offset: int, file: RemoteFile) -> bool:
    match = _CONTENT_RANGE.fullmatch(content_range)
    if match is None or int(match[1]) != offset:
        return False
    return match[3] in ("*", str(file.size)) and int(match[2]) < file.size
