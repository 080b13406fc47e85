"""Chooses the autoencoder that decodes: a quiet row below the model."""

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolButton, QWidget

from app.session.autoencoder_selection import AutoencoderSelection
from app.widgets.building import STRETCH, hbox, named, set_shown, text_label
from app.widgets.field import GAP_PX, describe
from app.widgets.file_dialogs import ask_file
from core.language.words import in_sentence, tr

OWN = tr("Model's own")
MOST_LETTERS = 28


class AutoencoderControl(QWidget):
    """A button with a menu. Hidden without a model."""

    def __init__(self, selection: AutoencoderSelection) -> None:
        super().__init__()
        self._selection = selection
        self.button = QToolButton()
        self.button.setProperty("kind", "quiet")
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        describe(
            self.button,
            "autoencoderButton",
            tr("Autoencoder"),
            tr(
                "Autoencoder (VAE): turns what the network made into the picture.\n"
                "Another one changes colours and fine detail; the steps stay the same."
            ),
        )
        self._menu = named(QMenu(self.button), "autoencoderMenu")
        self._menu.setToolTipsVisible(True)
        self._menu.aboutToShow.connect(self._fill)
        self._menu.triggered.connect(self._on_triggered)
        self.button.setMenu(self._menu)
        label = text_label(tr("A&utoencoder"), role="caption")
        label.setBuddy(self.button)
        hbox(label, self.button, STRETCH, on=self, spacing=GAP_PX)
        selection.changed.connect(self._show)
        self._show()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    @Slot()
    def _show(self) -> None:
        chosen = self._selection.chosen
        shown = chosen if len(chosen) <= MOST_LETTERS else f"{chosen[: MOST_LETTERS - 1]}…"
        is_lost = bool(chosen) and bool(self._selection.names) and chosen not in self._selection.names
        words = tr("{value} (not found)", value=shown) if is_lost else shown or in_sentence(OWN)
        self.button.setText(f"{words} ▾".replace("&", "&&"))
        self.button.setAccessibleName(tr("Autoencoder: {words}", words=words))
        set_shown(self, is_shown=self._selection.has_model)

    @Slot()
    def _fill(self) -> None:
        selection = self._selection
        self._menu.clear()
        names = dict.fromkeys(("", *selection.names, *((selection.chosen,) if selection.chosen else ())))
        for name in names:
            action = self._menu.addAction(name.replace("&", "&&") or OWN)
            action.setCheckable(True)
            action.setChecked(name == selection.chosen)
            action.setData(name)
        self._menu.addSeparator()
        add = self._menu.addAction(tr("Add a file…"))
        add.setToolTip(tr("A .safetensors file, also from a diffusers folder; it stays where it is."))
        selection.look()  # for the next time: files may have come

    @Slot(QAction)
    def _on_triggered(self, action: QAction) -> None:
        if action.data() is not None:
            self._selection.choose(action.data())
            return
        filters = [tr("Autoencoders (*.safetensors *.sft *.gguf)"), tr("All files (*)")]
        ask_file(self, tr("Add an autoencoder"), self._selection.add, filters)
