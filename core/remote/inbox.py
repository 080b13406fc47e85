"""Messages read in a thread of their own: whoever waits for one can give up, and learns of the end at once."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, Full, Queue
from threading import Event, Thread

from core.errors import EmulsionError
from core.remote.frames import DEFAULT_BOUNDS, Bounds, Message, Source, read_message

_LOOK_AGAIN_S = 0.1


class Inbox:
    """The messages that come from a stream; one is read ahead at most."""

    def __init__(
        self, source: Source, bounds: Bounds = DEFAULT_BOUNDS, on_end: Callable[[], object] | None = None
    ) -> None:
        """``on_end`` is called in the thread when nothing more will come."""
        self._queue: Queue[Message | EmulsionError | None] = Queue(maxsize=1)
        self._is_closed = Event()
        self._on_end = on_end
        self._thread = Thread(target=self._read_all, args=(source, bounds), name="wire", daemon=True)
        self._thread.start()

    def take(self, seconds: float | None = None) -> Message | None:
        """Returns the next message, None where the stream has ended. Raises TimeoutError, and what ended it.

        That is WireBroken, and of a line what `core.remote.line.Line.read` raises.
        """
        try:
            taken = self._queue.get(timeout=seconds)
        except Empty:
            raise TimeoutError from None
        if isinstance(taken, EmulsionError):
            raise taken
        return taken

    def close(self, seconds: float = 2.0) -> None:
        """Ends the thread; the stream must have ended, or end now."""
        self._is_closed.set()
        self._thread.join(seconds)

    def _read_all(self, source: Source, bounds: Bounds) -> None:
        while self._read_one(source, bounds):
            pass
        if self._on_end is not None:
            self._on_end()

    def _read_one(self, source: Source, bounds: Bounds) -> bool:
        try:
            read = read_message(source, bounds)
        except EmulsionError as error:
            read = error
        except (OSError, ValueError):  # closed meanwhile
            read = None
        while not self._is_closed.is_set():
            try:
                self._queue.put(read, timeout=_LOOK_AGAIN_S)
            except Full:
                continue
            return isinstance(read, Message)
        return False
