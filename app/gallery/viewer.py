"""The viewer: one picture on the whole screen, the others by the arrow keys or as a slideshow."""

from collections import OrderedDict
from functools import partial

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QImage, QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QToolButton, QWidget

from app.canvas.overlay import EmptyText
from app.canvas.view import Canvas, Shown
from app.canvas.zoom_bar import ZoomBar
from app.gallery.picture_list import PictureList, accessible_text
from app.messages.errors import message
from app.session.background import BackgroundTasks
from app.session.picture_loader import QUEUE, OpenedPicture, read_picture
from app.widgets.building import aligned, hbox, named, stretched, text_label, vbox
from app.widgets.colours import Colours
from app.widgets.elided_label import ElidedLabel
from app.widgets.icon_button import IconButton
from core.errors import EmulsionError
from core.gallery.query import LibraryPicture
from core.language.words import tr

SLIDE_MS = 4_000
MOST_IMAGES = 5
GAP_PX = 12
STEPS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_PageUp: -1,
    Qt.Key.Key_PageDown: 1,
    Qt.Key.Key_Backspace: -1,
}


class Viewer(QWidget):
    """A window of its own over the list of the gallery.

    Signals:
        closed: the row that was seen last.
        key_pressed: a `QKeyEvent` and the id of the picture; accept it to keep it.
    """

    closed = Signal(int)
    key_pressed = Signal(object, object)

    def __init__(
        self, pictures: PictureList, background: BackgroundTasks, colours: Colours, parent: QWidget
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("galleryViewer")
        self.setWindowTitle(tr("Emulsion: picture"))
        self._pictures = pictures
        self._tasks = background.queue(self, QUEUE)
        self._row = -1
        self._shown: int | None = None
        self._images: OrderedDict[int, QImage] = OrderedDict()
        self._reading: set[int] = set()
        self.canvas = named(Canvas(colours), "viewerCanvas", tr("Picture"))
        self.canvas.set_empty_text(EmptyText("", ""))
        self.canvas.installEventFilter(self)
        self.zoom_bar = ZoomBar(self.canvas)
        self.bar = ViewerBar()
        self.bar.before.clicked.connect(partial(self.step, -1))
        self.bar.next.clicked.connect(partial(self.step, 1))
        self.bar.slideshow.clicked.connect(self.set_slideshow)
        self.bar.close_button.clicked.connect(self.close)
        self._slide = QTimer(self, interval=SLIDE_MS)
        self._slide.timeout.connect(self._show_next)
        corner = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignRight
        vbox(aligned(self.zoom_bar, corner), on=self.canvas, margins=GAP_PX)
        vbox(stretched(self.canvas), self.bar, on=self, spacing=0)
        pictures.rows_known.connect(self._show)
        pictures.modelReset.connect(self._on_model_reset)

    @property
    def picture(self) -> LibraryPicture | None:
        """Returns the picture in the viewer."""
        return self._pictures.picture(self._row)

    def open(self, row: int) -> None:
        """Shows this row, on the whole screen."""
        self.showFullScreen()
        self.canvas.setFocus()
        self._go(row)

    def step(self, by: int) -> None:
        """So many pictures on; at the ends it stays."""
        self._go(min(max(self._row + by, 0), self._pictures.rowCount() - 1))

    def set_slideshow(self, is_on: bool) -> None:
        """One picture after the other, from the last one to the first."""
        self.bar.slideshow.setChecked(is_on)
        if is_on:
            self._slide.start()
        else:
            self._slide.stop()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.set_slideshow(False)
        self._images.clear()
        self._shown = None
        super().closeEvent(event)
        self.closed.emit(self._row)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress and self._take_key(event):
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._take_key(event):
            super().keyPressEvent(event)

    def _take_key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        match key:
            case Qt.Key.Key_Escape | Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_F11:
                self.close()
            case Qt.Key.Key_Space:
                self.set_slideshow(not self._slide.isActive())
            case Qt.Key.Key_Home:
                self._go(0)
            case Qt.Key.Key_End:
                self._go(self._pictures.rowCount() - 1)
            case Qt.Key.Key_Left | Qt.Key.Key_Right if not self.canvas.lens.is_fitted:
                return False  # moves the enlarged picture
            case _ if key in STEPS:
                self.step(STEPS[key])
            case _:
                event.ignore()
                picture = self.picture
                if picture is not None:
                    self.key_pressed.emit(event, picture.id)
                return event.isAccepted()
        return True

    def _go(self, row: int) -> None:
        if row < 0:
            self.close()
            return
        self._row = row
        near = range(max(row - 3, 0), min(row + 4, self._pictures.rowCount()))
        self._pictures.load(near)
        if self._slide.isActive():
            self._slide.start()
        self._show()

    @Slot()
    def _show_next(self) -> None:
        self._go((self._row + 1) % max(self._pictures.rowCount(), 1))

    @Slot()
    def _on_model_reset(self) -> None:
        """The list has changed under the viewer: the picture may be gone."""
        if self.isVisible():
            found = self._pictures.row_of(self._shown) if self._shown is not None else None
            if self._shown is not None and found is not None and self._pictures.ids[found] != self._shown:
                self._pictures.toggle_stack(found)  # a closed one, of which another picture is the cover now
                found = self._pictures.row_of(self._shown)
            row = found if found is not None else min(self._row, self._pictures.rowCount() - 1)
            self._go(row)

    @Slot()
    def _show(self) -> None:
        picture = self.picture
        if not self.isVisible() or picture is None:
            return
        self.bar.show_picture(picture, self._row, self._pictures.rowCount())
        image = self._images.get(picture.id)
        if image is None:
            self._read(picture, priority=1)
        elif self._shown != picture.id:
            self._put_up(picture, image)
        for row in (self._row + 1, self._row - 1):
            other = self._pictures.picture(row) if 0 <= row < self._pictures.rowCount() else None
            if other is not None and other.id not in self._images:
                self._read(other, priority=0)

    def _put_up(self, picture: LibraryPicture, image: QImage) -> None:
        self._shown = picture.id
        size = QSize(image.width(), image.height())
        self.canvas.show_picture(Shown(image, size, description=accessible_text(picture)))
        self.canvas.fit()

    def _read(self, picture: LibraryPicture, priority: int) -> None:
        if picture.id not in self._reading:
            self._reading.add(picture.id)
            read, take = partial(read_picture, picture.path), partial(self._take, picture)
            self._tasks.submit(read, take, partial(self._refuse, picture), priority=priority)

    def _take(self, picture: LibraryPicture, whole: OpenedPicture) -> None:
        self._reading.discard(picture.id)
        self._images[picture.id] = whole.image
        if len(self._images) > MOST_IMAGES:
            self._images.popitem(last=False)
        current = self.picture
        if self.isVisible() and current is not None and current.id == picture.id:
            self._put_up(picture, whole.image)

    def _refuse(self, picture: LibraryPicture, error: EmulsionError) -> None:
        self._reading.discard(picture.id)
        current = self.picture
        if current is not None and current.id == picture.id:
            self._shown, text = picture.id, message(error)
            self.canvas.set_empty_text(EmptyText(text.title, str(text)))
            self.canvas.show_picture(None)


class ViewerBar(QFrame):
    """Shows one picture's words.

    Attributes:
        before, next, slideshow, close_button: buttons whose clicks the viewer follows.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("viewerBar")
        self.setProperty("role", "panel")
        self._place = text_label(role="number")
        self._marks = QLabel()
        self._prompt = ElidedLabel()
        self.before = self._button("chevron-left", "viewerBeforeButton", tr("The picture before (Left)"))
        self.next = self._button("chevron-right", "viewerNextButton", tr("The next picture (Right)"))
        self.slideshow = self._button("play", "slideshowButton", tr("Slideshow (Space)"))
        self.slideshow.setCheckable(True)
        self.close_button = self._button("close", "closeViewerButton", tr("Back to the gallery (Esc)"))
        hbox(
            self._place,
            stretched(self._prompt),
            self._marks,
            self.before,
            self.next,
            self.slideshow,
            self.close_button,
            on=self,
            margins=(16, 6, 8, 6),
            spacing=8,
        )

    def show_picture(self, picture: LibraryPicture, row: int, count: int) -> None:
        self._place.setText(tr("{row:,} of {count:,}", row=row + 1, count=count))
        self._prompt.show_text(picture.prompt or picture.path.name)
        self._marks.setText(("♥ " if picture.is_favourite else "") + "★" * picture.rating)
        self.before.setEnabled(row > 0)
        self.next.setEnabled(row < count - 1)

    def _button(self, icon: str, name: str, words: str) -> QToolButton:
        button = IconButton(icon, words, name)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button
