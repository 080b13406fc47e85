"""The other end of a wire, as the client sees it."""

from __future__ import annotations

from typing import Protocol

from core.remote.frames import Message, Sink


class Answers(Protocol):
    """The messages that come; `core.remote.inbox.Inbox` has them."""

    def take(self, seconds: float | None = None) -> Message | None: ...


class Peer(Protocol):
    """The other end of the wire; `core.remote.child.Child` is one."""

    @property
    def inbox(self) -> Answers: ...

    @property
    def sink(self) -> Sink: ...

    @property
    def name(self) -> str:
        """Returns that of the computer, "" for this one."""
        ...

    @property
    def is_alive(self) -> bool: ...

    @property
    def is_away(self) -> bool:
        """Returns True while its line is lost; it may come back."""
        ...

    def end(self, seconds: float) -> str: ...
