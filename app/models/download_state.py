"""The state of a download, and its text."""

from dataclasses import dataclass
from enum import Enum, auto

from app.messages.downloads import download_text
from core.downloads.failures import ACCESS, Failure
from core.files.sizes import size_text
from core.language.words import tr


class Stage(Enum):
    """The activities of a download."""

    queued = auto()
    preparing = auto()
    checking = auto()
    running = auto()
    waiting = auto()
    paused = auto()
    failed = auto()


ACTIVE = frozenset({Stage.preparing, Stage.checking, Stage.running, Stage.waiting})


@dataclass(frozen=True, slots=True)
class DownloadState:
    """One download; ``key`` is the name of its folder. Sizes in bytes.

    Attributes:
        is_repair: it mends a model that was complete once, whose other files must stay.
    """

    key: str
    repository: str
    stage: Stage
    done: int = 0
    total: int = 0
    bytes_per_second: float = 0.0
    failure: Failure | None = None
    wait_s: float = 0.0
    is_repair: bool = False

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 0

    @property
    def asks_for_access(self) -> bool:
        """Returns whether it stopped because the hub asks for identification."""
        return self.stage is Stage.failed and self.failure is not None and self.failure.fault in ACCESS

    @property
    def was_not_found(self) -> bool:
        """Returns whether it ended before the hub had listed anything, and asks for nothing."""
        return self.stage is Stage.failed and not self.total and not self.asks_for_access and not self.is_repair

    def words(self) -> str:
        """Returns one line for people."""
        amount = (
            tr("{done} of {total}", done=size_text(self.done, 2), total=size_text(self.total, 2))
            if self.total
            else ""
        )
        match self.stage:
            case Stage.queued:
                return tr("Waiting for its turn")
            case Stage.preparing:
                return tr("Asking the hub what is needed…")
            case Stage.checking:
                return tr("Checking what is here … {amount}", amount=amount)
            case Stage.running:
                speed = tr(" · {rate:.1f} MB/s", rate=self.bytes_per_second / 1e6) if self.bytes_per_second else ""
                return f"{amount}{speed}{self._time_left()}"
            case Stage.waiting:
                return tr(
                    "{amount} · interrupted, tried again in {wait_s} s",
                    amount=amount,
                    wait_s=max(round(self.wait_s), 1),
                )
            case Stage.paused:
                return tr("Paused · {amount}", amount=amount) if amount else tr("Paused")
            case Stage.failed:
                title, sentence, remedy = download_text(self.failure) if self.failure else (tr("Stopped"), "", "")
                return f"{title}. {sentence} {remedy}".strip()

    def _time_left(self) -> str:
        if not self.bytes_per_second:
            return ""
        seconds = round((self.total - self.done) / self.bytes_per_second)
        if seconds >= 3600:
            return tr(" · {hours} h {minutes} min left", hours=seconds // 3600, minutes=seconds % 3600 // 60)
        return (
            tr(" · {minutes} min {seconds} s left", minutes=seconds // 60, seconds=seconds % 60)
            if seconds >= 60
            else tr(" · {seconds} s left", seconds=seconds)
        )
