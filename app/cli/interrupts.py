"""Ctrl+C that is not lost: Python drops a KeyboardInterrupt that is raised in a destructor or a callback."""

import signal
import threading
from types import FrameType, TracebackType


class Interrupts:
    """Within the block Ctrl+C raises KeyboardInterrupt as ever; `check` raises it again where it was dropped."""

    def __init__(self) -> None:
        self._has_come = False

    def check(self) -> None:
        """Raises KeyboardInterrupt after Ctrl+C."""
        if self._has_come:
            raise KeyboardInterrupt

    def __enter__(self) -> "Interrupts":
        self._is_ours = threading.current_thread() is threading.main_thread()  # others get no signals
        if self._is_ours:
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_ours:
            signal.signal(signal.SIGINT, self._before)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._has_come = True
        raise KeyboardInterrupt
