"""The row under the film strip: play, position, live, keep, branch, views."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QSpinBox, QToolButton, QWidget

from app.film.player import DEFAULT_RATE, FASTEST, SLOWEST
from app.film.position import longest_position_text
from app.film.step_menu import step_menu
from app.widgets.building import STRETCH, hbox, stretched, vbox
from app.widgets.elided_label import ElidedLabel
from app.widgets.field import describe
from app.widgets.icon_button import IconButton
from app.widgets.icons import set_icon
from app.widgets.still_line import StillLine
from core.language.words import tr
from core.recipes.recipe import Stage

_RATE_WIDTH_PX = 72
_GAP_PX, _MARGIN_PX = 4, 8
_WIDE_PX = 960
"""From this width on all buttons have text."""
_NARROW_PX = 480
"""Below this width the rate gives way to the buttons."""


class Transport(QWidget):
    """Holds buttons and a label; the panel decides on their effect.

    The label has a line of its own, over the buttons, where it would be cut between them.

    Attributes:
        play, loop, even, live, branch, export, views, four: the buttons. rate: steps per second.
    """

    def __init__(self, keep: Callable[[Stage], object], parent: QWidget) -> None:
        """``keep`` is called with the stage that is to be kept."""
        super().__init__(parent)
        self.play = IconButton("play", tr("Play the film (Space)"), "filmPlayButton", self)
        self.loop = IconButton("loop", tr("Loop: begin again at the end"), "filmLoopButton", self)
        self.loop.setCheckable(True)
        self.even = IconButton(
            "even-motion", tr("Even motion: steps that change much are shown longer"), "filmEvenButton", self
        )
        self.even.setCheckable(True)
        self.even.setChecked(True)
        self.rate = QSpinBox(self, minimum=SLOWEST, maximum=FASTEST, value=DEFAULT_RATE, suffix="/s")
        describe(
            self.rate, "filmRateSpin", tr("Steps per second"), tr("How fast the film plays, in steps per second")
        )
        self.rate.setMaximumWidth(_RATE_WIDTH_PX)
        self._label = ElidedLabel(name="filmPositionLabel", role="number")
        self._label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.live = IconButton("live", tr("Live: follow the step in progress again"), "filmLiveButton", self)
        self.live.setText(tr("Live"))
        self.live.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.live.hide()
        self._keep = IconButton("keep", tr("Keep this step: save it as a picture"), "filmKeepButton", self)
        self._keep.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._keep.setMenu(step_menu(self._keep, keep))
        self.branch = IconButton(
            "branch", tr("Branch from here: change something and go on from this step"), "filmBranchButton", self
        )
        self.export = IconButton(
            "film", tr("Export the film as video, animation or sheet"), "filmExportButton", self
        )
        self.views = IconButton("eye", tr("Views: other ways to look at this step"), "filmViewsButton", self)
        self.views.setText(tr("Views"))
        self.views.setCheckable(True)
        self.four = IconButton("grid", tr("Four views: side by side, in step"), "filmFourViewsButton", self)
        self.four.setCheckable(True)
        self.four.hide()
        self.views.toggled.connect(self.four.setVisible)
        self.views.toggled.connect(self._fit)
        self._tools: list[QToolButton] = [self.views]
        self._row = hbox(
            self.play,
            self.loop,
            self.even,
            self.rate,
            STRETCH,
            self._keep,
            self.branch,
            self.export,
            self.four,
            self.views,
            spacing=_GAP_PX,
        )
        self._place = QWidget(self)
        sides = (_MARGIN_PX, 0, 0, 0)
        hbox(stretched(StillLine(self._label)), self.live, on=self._place, margins=sides, spacing=_GAP_PX)
        self._lines = vbox(self._place, self._row, on=self, margins=(_MARGIN_PX, 0, _MARGIN_PX, 0), spacing=0)
        self.set_position(())

    def add_tool(self, button: QToolButton) -> None:
        """Adds a foreign button before those of the views; it loses its text in narrow rows."""
        self._tools.append(button)
        self._row.insertWidget(self._row.indexOf(self.four), button)
        self._fit()

    def set_position(self, texts: Sequence[str], tip: str = "") -> None:
        """Sets the position's texts, the longest first, none without a film."""
        self._label.show_text(*(texts or ("",)))
        self._label.setToolTip("\n".join(filter(None, (*texts[:1], tip))))
        for widget in (self.play, self.loop, self.even, self.rate, self._keep, self.branch, self.export):
            widget.setEnabled(bool(texts))

    def set_playing(self, is_playing: bool) -> None:
        set_icon(self.play, "pause" if is_playing else "play")
        self.play.setToolTip(tr("Pause the film (Space)") if is_playing else tr("Play the film (Space)"))

    def minimumSizeHint(self) -> QSize:
        """Returns the size without the rate, which gives way."""
        hint, rate_px = super().minimumSizeHint(), 0 if self.rate.isHidden() else _RATE_WIDTH_PX + _GAP_PX
        return hint - QSize(rate_px, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    @Slot()
    def _fit(self) -> None:
        styles = Qt.ToolButtonStyle
        style = styles.ToolButtonTextBesideIcon if self.width() >= _WIDE_PX else styles.ToolButtonIconOnly
        for button in self._tools:
            button.setToolButtonStyle(style)
        self.rate.setHidden(self.width() < _NARROW_PX)
        own = (self.play, self.loop, self.even, self.rate, self._keep, self.branch, self.export, self.four)
        buttons = [button for button in (*own, *self._tools) if not button.isHidden()]
        wanted = 3 * _MARGIN_PX + sum(button.sizeHint().width() + _GAP_PX for button in buttons)
        wanted += self._label.fontMetrics().horizontalAdvance(longest_position_text())
        is_between = self._row.indexOf(self._place) >= 0
        if is_between != (wanted <= self.width()):
            (self._lines if is_between else self._row).insertWidget(0 if is_between else 4, self._place, 1)
