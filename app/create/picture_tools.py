"""The actions on any picture that has a file, for the menus of the pages *Create* and *Gallery*."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.canvas.current import CurrentPicture
from app.canvas.sharing import mime_data, open_in_editor
from app.dialogs.branch import ask_branch
from app.messages.errors import Message
from app.recent.recipe_fields import recipe_text
from app.session.mask_mode import strength_without
from app.session.picture_loader import OpenedPicture, PictureLoader
from app.session.session import Session
from app.session.settings_store import SettingsStore
from app.widgets.file_dialogs import ask_save
from core.film.reader import film_path
from core.language.words import tr
from core.pictures.picture import GeneratedImage
from core.recipes.recipe import Recipe
from core.request.control import MOST_CONTROLS, Control
from core.request.request import GenerationRequest, Source
from core.request.settings.controls import CONTROLS
from core.runs.operations import Generate, OpenedFilm, OpenFilm

BRANCHED = "branched film"
"""The kind of task that reads a film which is to be branched."""

SAVED_AS = (tr("PNG (*.png)"), tr("JPEG (*.jpg *.jpeg)"), tr("WebP (*.webp)"))


class PictureTools(QObject):
    """Reads what it needs in the background; the loader tells failures.

    Signals:
        create_asked: show the page *Create*, where something has changed.
        enlarge_asked: the paths of pictures that are to become larger.
        mask_asked: paint a mask over the start image. widen_asked: draw its frame wider.
        changes_asked: the path of a picture, to show what an edit changed in it.
        relatives_asked: the path of a picture with a film, of which relatives are to be made.
        failed: a `Message`.
    """

    create_asked = Signal()
    enlarge_asked = Signal(object)
    mask_asked = Signal()
    widen_asked = Signal()
    changes_asked = Signal(object)
    relatives_asked = Signal(object)
    failed = Signal(object)

    def __init__(
        self, window: QWidget, loader: PictureLoader, session: Session, settings_store: SettingsStore
    ) -> None:
        super().__init__(window)
        self._window = window
        self._loader = loader
        self._session = session
        self._settings_store = settings_store

    def use_seed(self, path: Path) -> None:
        """Locks the seed of a picture."""
        self._loader.recipe(path, lambda recipe: self._session.edit(seed=recipe.request.seed))
        self.create_asked.emit()

    def generate_again(self, path: Path) -> None:
        """Queues one more picture with the settings of this one and a new seed; the draft stays as it is."""
        self._loader.recipe(path, self._generate)

    def branch(
        self, path: Path, begun: Callable[[], object], refuse: Callable[[Message], None] | None = None
    ) -> None:
        """Asks for branches of the film beside a picture, from its middle; ``begun`` hears of those chosen."""

        def ask(opened: OpenedFilm) -> None:
            ask_branch(self._session, self._window, opened.film, len(opened.film.frames) // 2, begun)

        self._session.engine_tasks.submit(BRANCHED, OpenFilm(film_path(path)), ask, refuse)

    def more_like_this(self, path: Path) -> None:
        """Makes relatives of a picture, on the page *Create*."""
        self.create_asked.emit()
        self.relatives_asked.emit(path)

    def use_as_source(self, path: Path) -> None:
        """Starts from this picture, with the strength that was set."""
        self._session.edit(source=Source(str(path), strength_without(self._session.draft)), mask=None)
        self.create_asked.emit()

    def guide_by(self, path: Path) -> None:
        """Has this picture guide the next one, by a network that is chosen among those that fit."""
        controls = self._session.draft.controls
        if not CONTROLS.is_had_by(self._session.draft_editor.limits) or len(controls) == MOST_CONTROLS:
            title = tr("No picture can guide this one")
            reason = tr(
                "Pictures guide Stable Diffusion 1.x, 2.x and XL only, {most} at most.", most=MOST_CONTROLS
            )
            self.failed.emit(Message(title, reason, tr("Choose another model, or remove a control.")))
            return
        self._session.edit(controls=(*controls, Control("", str(path))))
        self.create_asked.emit()

    def paint_mask(self, path: Path) -> None:
        """Starts from this picture, of which only a painted part is to change."""
        self._begin_with(path)
        self.mask_asked.emit()

    def widen(self, path: Path) -> None:
        """Starts from this picture, which is to go on beyond its edges."""
        self._begin_with(path)
        self.widen_asked.emit()

    def _begin_with(self, path: Path) -> None:
        source = self._session.draft.source
        if source is None or Path(source.path) != path:
            self.use_as_source(path)
        self.create_asked.emit()

    def copy(self, picture: CurrentPicture | OpenedPicture) -> None:
        """Puts a picture into the clipboard, and its file, which carries the recipe, where that may be shared."""
        QGuiApplication.clipboard().setMimeData(self.mime_data(picture))

    def mime_data(self, picture: CurrentPicture | OpenedPicture) -> QMimeData:
        """Returns a picture for the clipboard or for another program, without its file if recipes stay here."""
        return mime_data(picture, with_file=not self._settings_store.settings.strips_recipe)

    def copy_recipe(self, path: Path) -> None:
        """Puts the recipe into the clipboard, as text."""
        self._loader.recipe(path, lambda recipe: QGuiApplication.clipboard().setText(recipe_text(recipe)))

    def save_as(self, path: Path) -> None:
        """Asks for a place and a format, and writes the picture there with its recipe."""
        self._loader.read(path, self._save_opened)

    def save_generated(self, picture: GeneratedImage, name: str) -> None:
        """Asks the same for a picture that may have no file yet."""
        start = self._settings_store.settings.pictures / name
        save = partial(self._loader.save_as, picture, has_recipe=not self._settings_store.settings.strips_recipe)
        ask_save(self._window, tr("Save picture as"), save, SAVED_AS, start)

    def open_in_editor(self, path: Path) -> None:
        """Opens a picture in the program that the preferences name, or in the system's own."""
        editor = self._settings_store.settings.editor
        if not open_in_editor(path, editor):
            remedy = tr("Choose another program in the preferences, under Saving.")
            self.failed.emit(
                Message(tr("The program does not start"), editor or tr("The system has no program."), remedy)
            )

    def _save_opened(self, opened: OpenedPicture) -> None:
        if opened.generated is not None:
            self.save_generated(opened.generated, opened.path.name)
        else:
            sentence = tr(
                "{name} does not say how it was made, so there is nothing to write with it.", name=opened.path.name
            )
            self.failed.emit(Message(tr("Copy this file instead"), sentence))

    def _generate(self, recipe: Recipe) -> None:
        request: GenerationRequest = replace(recipe.request, seed=None, count=1)
        self._session.queue.add(Generate(self._session.loras.resolved(request)[0]))
