"""The place where pictures are made: controls left, canvas centre, recent pictures and queue right."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QSplitter, QStackedWidget, QWidget

from app.canvas.view import Canvas
from app.canvas.zoom_bar import ZoomBar
from app.canvas.zoom_view import ZoomView
from app.compare.compare_view import CompareView
from app.controls.panel import ControlPanel
from app.create.candidate_bar import CandidateBar
from app.create.film_splitter import FilmSplitter
from app.create.progress_line import ProgressLine
from app.masks.editor import MaskEditor
from app.masks.frame_editor import FrameEditor
from app.masks.map_editor import MapEditor
from app.recent.model import RecentPictures
from app.recent.queue_list import QueueList
from app.recent.recipe_card import RecipeCard
from app.recent.strip import RecentStrip
from app.session.autoencoder_selection import AutoencoderSelection
from app.session.control_selection import ControlSelection
from app.session.mask_selection import MaskSelection
from app.session.memory import MemoryService
from app.session.session import Session
from app.session.upscaler_selection import UpscalerSelection
from app.widgets.building import named, push_button, stretched, vbox
from app.widgets.colours import Colours
from app.widgets.message_bar import MessageArea
from core.language.words import tr

CORNER_GAP_PX = 12
SMALLEST_STRIP_PX = 120


class _Stage(QStackedWidget):
    """Is as small as the part that is shown can be; the hidden ones count for nothing."""

    def minimumSizeHint(self) -> QSize:
        shown = self.currentWidget()
        return shown.minimumSizeHint().expandedTo(shown.minimumSize()) if shown else super().minimumSizeHint()


class CreatePage(QSplitter):
    """Lays out the parts; what they do to each other is connected by the main window.

    Attributes:
        left, right: the panes that can be hidden beside the canvas.
        panes: all that F6 leads to.
        middle: the canvas and the film below it.
        masks: the mask of the draft. controls: its controls.
        candidate_bar: over a picture that could take the place of the start image.
        compare: takes the place of the canvas, see `show_comparison`.

    Signals:
        live_asked: back to the picture in progress.
        painting_changed: the place where masks are painted was shown or hidden.
    """

    live_asked = Signal()
    painting_changed = Signal()

    def __init__(
        self,
        session: Session,
        autoencoders: AutoencoderSelection,
        memory: MemoryService,
        upscalers: UpscalerSelection,
        masks: MaskSelection,
        controls: ControlSelection,
        recent: RecentPictures,
        colours: Colours,
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setObjectName("createPlace")
        self.setChildrenCollapsible(False)
        self.setHandleWidth(1)
        self.masks, self.controls = masks, controls
        self.messages = MessageArea()
        self.canvas = Canvas(colours)
        self.zoom_bar = ZoomBar(self.canvas)
        self._live_button = push_button(tr("Show the picture in progress"), self.live_asked, name="liveButton")
        self._live_button.hide()
        self.candidate_bar = CandidateBar(self.canvas)
        self.canvas.setLayout(self._corner_layout())
        self._colours = colours
        self._editor: MaskEditor | None = None
        self._frame_editor: FrameEditor | None = None
        self._map_editor: MapEditor | None = None
        self.compare = CompareView(colours, session.background)
        self._stage = _Stage()
        self._stage.addWidget(self.canvas)
        self._stage.addWidget(self.compare)
        self.middle = FilmSplitter(self._stage)
        self.progress_line = ProgressLine(session)
        self.strip = RecentStrip(recent)
        self.recipe_card = RecipeCard()
        self.queue_list = QueueList(session)
        self.queue_list.live_asked.connect(self.live_asked)
        self.left = ControlPanel(session, autoencoders, memory, upscalers, masks, controls)
        self.right = self._right_pane()
        for pane in (self.left, self._centre(), self.right):
            self.addWidget(pane)
        self.panes = (self.left, self._stage, self.middle.film, self.right)
        self.setStretchFactor(1, 1)

    @property
    def is_comparing(self) -> bool:
        return self._stage.currentWidget() is self.compare

    @property
    def is_painting(self) -> bool:
        return self._editor is not None and self._stage.currentWidget() is self._editor

    @property
    def mask_editor(self) -> MaskEditor:
        """Returns the place where masks are painted, made when it is first needed."""
        if self._editor is None:
            self._editor = MaskEditor(self._colours)
            self._stage.addWidget(self._editor)
        return self._editor

    @property
    def is_painting_map(self) -> bool:
        return self._map_editor is not None and self._stage.currentWidget() is self._map_editor

    @property
    def needs_room(self) -> bool:
        """Returns whether something is painted in the place of the canvas."""
        return self.is_painting or self.is_painting_map

    @property
    def map_editor(self) -> MapEditor:
        """Returns the place where maps are painted over, made when it is first needed."""
        if self._map_editor is None:
            self._map_editor = MapEditor(self._colours)
            self._stage.addWidget(self._map_editor)
        return self._map_editor

    @property
    def is_widening(self) -> bool:
        return self._frame_editor is not None and self._stage.currentWidget() is self._frame_editor

    @property
    def frame_editor(self) -> FrameEditor:
        """Returns the place where frames are drawn wider, made when it is first needed."""
        if self._frame_editor is None:
            self._frame_editor = FrameEditor(self._colours)
            self._stage.addWidget(self._frame_editor)
        return self._frame_editor

    def zoom(self, change: Callable[[ZoomView], object]) -> None:
        """Zooms the picture in the middle: that of the canvas or of the mask, or those that are compared."""
        painted = self.mask_editor.view if self.is_painting else self.canvas
        if self.is_widening:
            painted = self.frame_editor.view
        if self.is_painting_map:
            painted = self.map_editor.view
        change(self.compare.panes[0] if self.is_comparing else painted)

    def show_comparison(self, *, is_shown: bool) -> None:
        """The comparison in the place of the canvas, or the canvas again."""
        self._stage.setCurrentWidget(self.compare if is_shown else self.canvas)

    def show_painting(self, *, is_shown: bool) -> None:
        """Shows the place where masks are painted, which ends a comparison, or the canvas again."""
        if is_shown and self.is_comparing:
            self.compare.closed.emit()
        if is_shown and self.is_painting_map:
            self.map_editor.closed.emit()
        self._stage.setCurrentWidget(self.mask_editor if is_shown else self.canvas)
        self.left.mask_control.show_painting(is_painting=is_shown)
        self.painting_changed.emit()

    def show_canvas(self) -> None:
        """Ends what takes the place of the canvas."""
        if self.is_comparing:
            self.compare.closed.emit()
        if self.is_painting:
            self.mask_editor.closed.emit()
        if self.is_widening:
            self.frame_editor.closed.emit()
        if self.is_painting_map:
            self.map_editor.closed.emit()

    def show_map(self, *, is_shown: bool) -> None:
        """Shows the place where a map is painted over, which ends all others, or the canvas again."""
        if is_shown and not self.is_painting_map:
            self.show_canvas()
        self._stage.setCurrentWidget(self.map_editor if is_shown else self.canvas)
        self.painting_changed.emit()

    def show_widening(self, *, is_shown: bool) -> None:
        """Shows the place where frames are drawn wider, which ends all others, or the canvas again."""
        if is_shown and not self.is_widening:
            self.show_canvas()
        self._stage.setCurrentWidget(self.frame_editor if is_shown else self.canvas)
        self.left.mask_control.show_painting(is_painting=is_shown)

    def set_colours(self, colours: Colours) -> None:
        self.canvas.set_colours(colours)
        self.compare.set_colours(colours)
        self._colours = colours
        for editor in (self._editor, self._frame_editor, self._map_editor):
            if editor is not None:
                editor.set_colours(colours)

    def show_live_button(self, *, is_visible: bool) -> None:
        self._live_button.setVisible(is_visible)

    def _corner_layout(self) -> QGridLayout:
        """Returns the layout of the parts that float over the canvas."""
        corners = QGridLayout()
        corners.setContentsMargins(CORNER_GAP_PX, CORNER_GAP_PX, CORNER_GAP_PX, CORNER_GAP_PX)
        end = Qt.AlignmentFlag.AlignRight
        corners.addWidget(self._live_button, 0, 0, end | Qt.AlignmentFlag.AlignTop)
        corners.addWidget(self.candidate_bar, 0, 0, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        corners.addWidget(self.zoom_bar, 1, 0, end | Qt.AlignmentFlag.AlignBottom)
        return corners

    def _centre(self) -> QWidget:
        centre = QWidget()
        vbox(self.messages, stretched(self.middle), self.progress_line, on=centre, spacing=0)
        return centre

    def _right_pane(self) -> QFrame:
        pane = named(QFrame(), "rightPane")
        pane.setProperty("role", "panel")
        self.strip.setMinimumWidth(SMALLEST_STRIP_PX)
        vbox(stretched(self.strip), self.recipe_card, self.queue_list, on=pane, margins=16, spacing=16)
        return pane
