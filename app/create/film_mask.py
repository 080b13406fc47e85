"""A switch beside the film: the mask of a run over the picture, at any of its steps."""

from PySide6.QtCore import QObject, Slot

from app.canvas.view import Canvas
from app.film.film_panel import FilmPanel
from app.widgets.icon_button import IconButton
from core.language.words import tr


class FilmMask(QObject):
    """Follows the film; the switch is there for runs that changed a part of a picture.

    Attributes:
        button: the switch.
    """

    def __init__(self, panel: FilmPanel, canvas: Canvas) -> None:
        super().__init__(panel)
        self._panel = panel
        self._canvas = canvas
        self.button = IconButton("mask", tr("Mask: show the part that was to change"), "filmMaskButton")
        self.button.setCheckable(True)
        panel.transport.add_tool(self.button)
        self.button.toggled.connect(self._show)
        panel.film_changed.connect(self._show)
        canvas.shown_changed.connect(self._show)
        self._show()

    @Slot()
    def _show(self) -> None:
        film = self._panel.film
        masked = film.masked if film is not None else None
        self.button.setVisible(masked is not None)
        size = self._canvas.shown.size if self._canvas.shown is not None else None
        mask = masked.mask if masked is not None and self.button.isChecked() else None
        fits = mask is not None and size is not None and mask.shape == (size.height(), size.width())
        self._canvas.set_mask(mask if fits else None)
