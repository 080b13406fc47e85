"""The actor of Ray that has an engine: it lives in a process of the cluster, as `core.remote.child` does here.

Ray carries bytes only: orders in, answers out, by the messages of `core.remote`. Nothing is imported before the
language is set.
"""

from __future__ import annotations

import io
import os
import platform
from queue import SimpleQueue
from threading import Thread
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from core.remote.server import Maker


def program() -> str:
    """Returns the version of Emulsion here, and of the values that it understands."""
    from core.remote.table import fingerprint
    from core.version import VERSION

    return f"Emulsion {VERSION} ({fingerprint()})"


class EngineActor:
    """Serves one session; another one gets a new process."""

    def __init__(self, language: str) -> None:
        from core.language.choice import VARIABLE

        os.environ[VARIABLE] = language
        self._session = ""
        self._orders: IO[bytes] | None = None
        self._answers: SimpleQueue[bytes] = SimpleQueue()

    def begin(self, session: str, make: Maker) -> str:
        """Begins to serve, also when it is asked again. Returns the name of the computer."""
        if self._session and self._session != session:
            os._exit(1)  # Ray starts another one, and asks that
        if not self._session:
            self._session = session
            source, sink = os.pipe()
            self._orders = os.fdopen(sink, "wb")
            Thread(target=self._serve, args=(os.fdopen(source, "rb"), make), daemon=True).start()
        return platform.node()

    def order(self, session: str, content: bytes) -> None:
        """Takes bytes of messages. Raises LookupError for another session, which has ended."""
        self._check(session)
        assert self._orders is not None
        self._orders.write(content)
        self._orders.flush()

    def answer(self, session: str) -> bytes:
        """Waits for a message; b"" after the last one. Raises LookupError for another session."""
        self._check(session)
        return self._answers.get()

    def _check(self, session: str) -> None:
        if session != self._session:
            raise LookupError(session)

    def _serve(self, orders: IO[bytes], make: Maker) -> None:
        from core.paths import Folders
        from core.remote.inbox import Inbox
        from core.remote.server import Server
        from core.remote.store import FileStore

        folders = Folders.default()
        put = FileStore(folders.sources, folders.cache / "sent").put
        try:
            with orders:
                Server(Inbox(orders), _Messages(self._answers), make, put=put).serve()
        finally:
            self._answers.put(b"")


class _Messages(io.BytesIO):
    """Hands on what was written, once a message is whole."""

    def __init__(self, answers: SimpleQueue[bytes]) -> None:
        super().__init__()
        self._answers = answers

    def flush(self) -> None:
        self._answers.put(self.getvalue())
        self.seek(0)
        self.truncate()
