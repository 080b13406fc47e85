"""The ways in which files of the user come into the window: dialogs and drops."""

from functools import partial

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from app.create.notices import Notices
from app.models.importing import is_model_place
from app.models.lora_import import is_lora
from app.widgets.drop_router import DropRouter, DropRule, TextFieldFilter, first, is_picture
from app.widgets.file_dialogs import ask_file, ask_files, ask_folder
from app.window.services import Services
from core.language.words import tr

_ALL_FILES = tr("All files (*)")


class FileImports(QObject):
    """Part of the window. Pages that want pictures for something else have a `DropRouter` of their own."""

    def __init__(self, window: QWidget, services: Services, notices: Notices, canvas: QWidget) -> None:
        """A picture that is dragged from the ``canvas`` and let go in the window is none to be opened."""
        super().__init__(window)
        self._window = window
        self._models = services.model_import
        self._loras = services.lora_import
        rules = (
            DropRule(is_picture, first(services.pictures.load_recipe)),
            DropRule(is_lora, services.lora_import.add),  # passes on what is none
            DropRule(is_model_place, services.model_import.add_all),
        )
        DropRouter(window, rules, canvas).left.connect(notices.show_not_taken)
        self.guard_text_fields(window)

    @Slot(QWidget)
    def guard_text_fields(self, part: QWidget) -> None:
        """Lets the window have the files that are dropped on text fields of a part that has been added to it."""
        TextFieldFilter(part)

    @Slot()
    def ask_model_file(self) -> None:
        ask_file(
            self._window,
            tr("Add a model file"),
            self._models.add,
            [tr("Models (*.safetensors *.sft *.gguf)"), _ALL_FILES],
        )

    @Slot()
    def ask_model_folder(self) -> None:
        """Asks for a diffusers folder, or the model folder of another program."""
        ask_folder(self._window, tr("Add a folder with models"), self._models.add)

    @Slot()
    def ask_lora_files(self) -> None:
        add = partial(self._loras.add, must_be_loras=True)
        ask_files(self._window, tr("Add LoRA files"), add, [tr("LoRAs (*.safetensors)"), _ALL_FILES])
