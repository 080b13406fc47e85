"""The end of a thread's work: whatever goes wrong becomes a message, and the thread lives on."""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from app.messages.errors import Message, message
from core.errors import EmulsionError

log = logging.getLogger(__name__)

Result = TypeVar("Result")


class Attempt:
    """Called with work, it returns the result, or the `Message` of an error, whose tensors are let go."""

    def __init__(self, log_file: Path | None) -> None:
        """Messages of unforeseen errors point to ``log_file``."""
        self._log_file = log_file

    def __call__(
        self, work: Callable[[], Result], unforeseen: Callable[[], Message] | None = None
    ) -> Result | Message:
        """``unforeseen`` words an error that nobody foresaw."""
        try:
            return work()
        except EmulsionError as error:
            log.info("%s", error)
            return message(error)
        except Exception as error:
            log.exception("unexpected")
            return replace(unforeseen() if unforeseen else message(error, self._log_file), is_unforeseen=True)
