"""Before a download: what will be fetched, from where, how much, and under which licence."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDialog, QLineEdit, QSizePolicy, QWidget

from app.widgets.building import dialog_buttons, text_label, vbox
from app.widgets.field import Field, describe
from core.downloads.listing import is_repository
from core.families import family_names
from core.files.sizes import size_text
from core.language.words import tr
from core.models.downloadable import KnownModel, KnownPart

WIDTH_PX = 460


class DownloadDialog(QDialog):
    """Asks for consent; without a model, also for the name of a repository.

    Signals:
        confirmed: the key, and the repository ``"owner/name"``.
    """

    confirmed = Signal(str, str)

    def __init__(
        self,
        model: KnownModel | KnownPart | None,
        room: str,
        endpoint: str,
        parent: QWidget | None = None,
        repository: str = "",
        with_it: Sequence[KnownPart] = (),
    ) -> None:
        """``room`` tells how much is free on the disk; ``repository`` is offered where no model is given.

        ``with_it``: parts that are fetched along.
        """
        super().__init__(parent)
        self.setObjectName("downloadDialog")
        self.setWindowTitle(tr("Download a model"))
        self.setMinimumWidth(WIDTH_PX)
        self._model = model
        self._with_it = with_it
        self._field = QLineEdit(model.repository if model is not None else repository)
        self._field.setPlaceholderText("owner/name")
        describe(
            self._field,
            "repositoryEdit",
            tr("Repository"),
            tr("The model's name on the hub, as in the address of its page: owner/name"),
        )
        title = text_label(
            tr("Download {name}?", name=model.name) if model is not None else tr("Download another model"),
            role="heading",
        )
        column = vbox(title, on=self, margins=(24, 24, 24, 16), spacing=12)
        if model is None:
            field = Field(tr("&Repository on the hub"), self._field)
            field.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
            column.addWidget(field)
        for text in (
            *_facts(model),
            *_told_parts(with_it),
            tr("From {endpoint}. {room}", endpoint=endpoint, room=room),
            _PROMISE,
        ):
            column.addWidget(text_label(text, is_plain=True, wraps=True))
        buttons, self._yes = dialog_buttons(self, tr("Download"), "confirmDownloadButton", self._confirm)
        self._yes.setProperty("kind", "primary")
        column.addStretch(1)
        column.addWidget(buttons)
        self._field.textChanged.connect(self._check)
        self._check()

    @Slot()
    def _check(self) -> None:
        self._yes.setEnabled(is_repository(self._field.text().strip()))

    @Slot()
    def _confirm(self) -> None:
        repository = self._field.text().strip()
        key = self._model.key if self._model is not None else repository.partition("/")[2]
        self.confirmed.emit(key, repository)
        for part in self._with_it:
            self.confirmed.emit(part.key, part.repository)
        self.accept()


_PROMISE = tr(
    "Only the files that are needed are fetched, as safetensors, and each is checked by its hash. The download "
    "can be paused, and goes on after a restart."
)


def _told_parts(parts: Sequence[KnownPart]) -> tuple[str, ...]:
    """Returns a sentence about the parts that come along, if there are any."""
    named = ", ".join(f"{part.key} ({model_size_text(part)}, {part.licence})" for part in parts)
    return (tr("With the parts that are not here yet: {named}.", named=named),) if parts else ()


def _facts(model: KnownModel | KnownPart | None) -> tuple[str, ...]:
    if model is None:
        return (
            tr(
                "Models of the families {family_names} in the layout of diffusers. "
                "Read the licence on the model's page first: by downloading you agree to it.",
                family_names=family_names(),
            ),
        )
    licence = model.licence or tr("see its page before downloading")
    return (
        tr("Licence: {licence}. By downloading you agree to it.", licence=licence),
        tr("Size: {model_size}.", model_size=model_size_text(model)),
    )


def model_size_text(model: KnownModel | KnownPart) -> str:
    """Returns the size of the download, as far as it is known."""
    if model.download_bytes is not None:
        return tr("{size} download", size=size_text(model.download_bytes))
    if model.repository_bytes is not None:
        return tr("up to {size} download", size=size_text(model.repository_bytes))
    return tr("known when the download begins")
