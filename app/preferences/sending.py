"""The line below a computer that sends it a model: which ones are missing there, progress, and Cancel."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QMenu, QProgressBar, QWidget

from app.messages.errors import message
from app.session.background import BackgroundTasks
from app.widgets.building import hbox, named, push_button, stretched, text_label, vbox
from app.widgets.field import set_tone
from core.checkpoints.cache import FILE_NAME, CheckpointCache
from core.errors import EmulsionError
from core.files.sizes import size_text
from core.files.stamps import stamp_of
from core.language.words import tr
from core.models.elsewhere import is_same
from core.models.importing import files_of
from core.models.model import Model
from core.settings.computers import Computer

if TYPE_CHECKING:  # imports what starts processes
    from core.remote.model_sending import Sent


def sendable(here: Sequence[Model], there: Sequence[Model]) -> list[Model]:
    """Returns the models of this computer that another one lacks, without those whose parts lie elsewhere."""
    lacking = (one for one in here if not any(is_same(one, other) for other in there))
    return [one for one in lacking if not one.parts.places]


class SendingLine(QWidget):
    """Sends one model at a time.

    Signals:
        sent: the address of a computer that has got one.
    """

    sent = Signal(str)

    def __init__(self, address: str, background: BackgroundTasks, cache: Path) -> None:
        """``cache`` is the folder with what is known of files, such as their hashes."""
        super().__init__()
        self._address, self._cache = address, cache
        self._tasks = background.queue(self, f"sending to {address}")
        self._computer: Computer | None = None
        self._button = push_button(tr("Send a model"), name=f"send-{address}")
        self._button.setAccessibleName(tr("Send a model to {name}", name=address))
        self._menu = QMenu(self._button)
        self._button.setMenu(self._menu)
        self._cancel = push_button(tr("Cancel"), self.stop, name=f"cancel-sending-{address}")
        self._words = text_label("", name=f"sending-{address}", is_plain=True, wraps=True)
        self._bar = named(QProgressBar(textVisible=False), f"sendingBar-{address}", tr("Progress"))
        vbox(hbox(self._button, stretched(self._words), self._cancel), self._bar, on=self, spacing=4)
        self._rest()

    def offer(self, computer: Computer, models: Sequence[Model]) -> None:
        """Offers models that are missing there."""
        self._computer = computer
        self._menu.clear()
        for model in models:
            size = size_text(sum(stamp_of(path)[0] for path, _ in files_of(model.place)))
            self._menu.addAction(f"{model.name} ({size})", partial(self.send, model.place))
        self._button.setVisible(bool(models) and self._cancel.isHidden())

    def send(self, place: Path) -> None:
        """Begins to send, or goes on where an earlier try ended."""
        if self._computer is None or not self._cancel.isHidden():
            return
        self._button.hide()
        for part in (self._cancel, self._bar):
            part.show()
        self._say(tr("Connecting…"))
        self._tasks.follow(
            partial(_sending, self._computer, place, self._cache),
            partial(self._on_told, place.name),
            self._on_sent,
            self._on_refused,
        )

    def _on_told(self, name: str, told: Sent) -> None:
        self._bar.setMaximum(1000)
        self._bar.setValue(1000 * told.done // max(told.total, 1))
        done = {"name": name, "done": size_text(told.done), "total": size_text(told.total)}
        if told.is_away:
            self._say(tr("{name}: the line is lost. It goes on by itself when the line is back.", name=name))
        elif told.is_read:
            self._say(tr("{name}: {done} of {total} read…", **done))
        else:
            self._say(tr("{name}: {done} of {total} sent", **done))

    def _on_sent(self, _result: object) -> None:
        self._rest()
        self.sent.emit(self._address)

    def _on_refused(self, error: EmulsionError) -> None:
        self._rest()
        self._say(str(message(error)), is_problem=True)

    @Slot()
    def stop(self) -> None:
        """Ends sending; what is there stays for the next try."""
        self._tasks.cancel()
        self._rest()
        self._say(tr("Stopped. It goes on from here when the model is sent again."))

    def _rest(self) -> None:
        for part in (self._cancel, self._bar):
            part.hide()
        self._bar.setMaximum(0)
        self._button.setVisible(bool(self._menu.actions()))
        self._say("")

    def _say(self, words: str, *, is_problem: bool = False) -> None:
        self._words.setText(words)
        set_tone(self._words, "error" if is_problem else "")


def _sending(computer: Computer, place: Path, cache: Path) -> Generator[Sent]:
    from core.remote.model_sending import send_model  # starts processes: only for this
    from core.remote.ssh import SshSessions

    return send_model(SshSessions(computer), place, CheckpointCache(cache / FILE_NAME))
