"""The faults between this computer and the hub; each has its own sentence and remedy."""

from dataclasses import dataclass
from enum import Enum, auto

from core.errors import EmulsionError


class Fault(Enum):
    """The reason why a download stopped."""

    not_logged_in = auto()
    licence_not_accepted = auto()
    token_refused = auto()
    token_lacks_scope = auto()
    not_found = auto()
    nothing_to_load = auto()
    not_a_hub = auto()
    too_many_requests = auto()
    server_error = auto()
    refused = auto()
    range_refused = auto()
    stalled = auto()
    cut_off = auto()
    no_connection = auto()
    proxy_refused = auto()
    not_trusted = auto()
    damaged = auto()
    disk_full = auto()
    cannot_write = auto()
    in_use = auto()


PASSING = frozenset(
    {
        Fault.too_many_requests,
        Fault.server_error,
        Fault.range_refused,
        Fault.stalled,
        Fault.cut_off,
        Fault.no_connection,
    }
)
"""Faults that may be over at the next attempt."""

ACCESS = frozenset({Fault.not_logged_in, Fault.licence_not_accepted, Fault.token_refused, Fault.token_lacks_scope})
"""Faults that a visit to the model's page or another token repairs."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One fault with its facts; holds no token and no address with a signature.

    Attributes:
        repository: ``"owner/name"`` on the hub.
        file: the path inside the repository, or "".
        host: the server.
        status: the HTTP status, or 0.
        wait_s: the wait that the server asked for, in seconds, or 0.
        needed, free: in bytes, for a full disk.
        page: the web page for people, with the model's description and licence.
        reason: the words of the system or the server, short, or "".
    """

    fault: Fault
    repository: str
    file: str = ""
    host: str = ""
    status: int = 0
    wait_s: float = 0.0
    needed: int = 0
    free: int = 0
    page: str = ""
    reason: str = ""


class DownloadFailed(EmulsionError):
    """A download that cannot go on; the bytes that have arrived are used the next time."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.repository} {failure.file}: {failure.fault.name} {failure.reason}".strip())
        self.failure = failure
