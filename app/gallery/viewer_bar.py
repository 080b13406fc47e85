"""The bar below the picture in the viewer: what it is, its marks, and the ways on."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QLabel, QToolButton, QWidget

from app.widgets.building import hbox, stretched, text_label
from app.widgets.elided_label import ElidedLabel
from app.widgets.icon_button import IconButton
from core.gallery.query import LibraryPicture


class ViewerBar(QFrame):
    """Shows one picture's words.

    Signals:
        step_asked: 1 for the next picture, -1 for the one before.
        slideshow_asked: whether pictures are to follow each other.
        close_asked: back to the grid.
    """

    step_asked = Signal(int)
    slideshow_asked = Signal(bool)
    close_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("viewerBar")
        self.setProperty("role", "panel")
        self._place = text_label(role="number")
        self._marks = QLabel()
        self._prompt = ElidedLabel("")
        self._before = self._button("chevron-left", "viewerBeforeButton", "The picture before (Left)")
        self._before.setProperty("step", -1)
        self._next = self._button("chevron-right", "viewerNextButton", "The next picture (Right)")
        self._next.setProperty("step", 1)
        for button in (self._before, self._next):
            button.clicked.connect(self._step)
        self._slideshow = self._button("play", "slideshowButton", "Slideshow (Space)")
        self._slideshow.setCheckable(True)
        self._slideshow.clicked.connect(self.slideshow_asked)
        close = self._button("close", "closeViewerButton", "Back to the gallery (Esc)")
        close.clicked.connect(self.close_asked)
        hbox(
            self._place,
            stretched(self._prompt),
            self._marks,
            self._before,
            self._next,
            self._slideshow,
            close,
            on=self,
            margins=(16, 6, 8, 6),
            spacing=8,
        )

    def show_picture(self, picture: LibraryPicture, row: int, count: int) -> None:
        self._place.setText(f"{row + 1:,} of {count:,}")
        self._prompt.show_text(picture.prompt or picture.path.name)
        self._marks.setText(("♥ " if picture.is_favourite else "") + "★" * picture.rating)
        self._before.setEnabled(row > 0)
        self._next.setEnabled(row < count - 1)

    def show_slideshow(self, is_on: bool) -> None:
        self._slideshow.setChecked(is_on)

    def _button(self, icon: str, name: str, words: str) -> QToolButton:
        button = IconButton(icon, words, name)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    @Slot()
    def _step(self) -> None:
        self.step_asked.emit(self.sender().property("step"))
