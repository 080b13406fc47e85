"""The row under the film strip: play, position, live, keep, branch, views."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QSpinBox, QToolButton, QWidget

from app.film.player import DEFAULT_RATE, FASTEST, SLOWEST
from app.film.step_menu import StepMenu
from app.widgets.building import hbox, stretched
from app.widgets.elided_label import ElidedLabel
from app.widgets.icon_button import IconButton
from app.widgets.icons import set_icon

_RATE_WIDTH_PX = 72
_WIDE_PX = 720
"""From this width on all buttons have text."""


class Transport(QWidget):
    """Holds buttons and a label; the panel decides on their effect.

    Signals:
        play_toggled, live_wanted, branch_wanted, export_wanted
        rate_chosen(int): steps per second. looping_chosen(bool).
        keep_wanted(str): stage, ``denoised`` or ``noisy``.
        views_toggled(bool), four_toggled(bool)
    """

    play_toggled = Signal()
    live_wanted = Signal()
    branch_wanted = Signal()
    rate_chosen = Signal(int)
    looping_chosen = Signal(bool)
    keep_wanted = Signal(str)
    views_toggled = Signal(bool)
    four_toggled = Signal(bool)
    export_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._play = IconButton("play", "Play the film (Space)", "filmPlayButton", self)
        self._play.clicked.connect(self.play_toggled)
        self._loop = IconButton("loop", "Loop: begin again at the end", "filmLoopButton", self)
        self._loop.setCheckable(True)
        self._loop.toggled.connect(self.looping_chosen)
        self._rate = self._rate_spin()
        self._label = ElidedLabel("", self)
        self._label.setObjectName("filmPositionLabel")
        self._label.setProperty("role", "number")
        self._label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._live = IconButton("live", "Live: follow the step in progress again", "filmLiveButton", self)
        self._live.setText("Live")
        self._live.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._live.clicked.connect(self.live_wanted)
        self._keep = self._keep_button()
        self._branch = IconButton(
            "branch", "Branch from here: change something and go on from this step", "filmBranchButton", self
        )
        self._branch.clicked.connect(self.branch_wanted)
        self._export = IconButton("film", "Export the film as video, animation or sheet", "filmExportButton", self)
        self._export.clicked.connect(self.export_wanted)
        self._views = IconButton("eye", "Views: other ways to look at this step", "filmViewsButton", self)
        self._views.setText("Views")
        self._views.setCheckable(True)
        self._views.toggled.connect(self._toggle_views)
        self._four = IconButton("grid", "Four views: side by side, in step", "filmFourViewsButton", self)
        self._four.setCheckable(True)
        self._four.toggled.connect(self.four_toggled)
        self._four.hide()
        self._tools: list[QToolButton] = [self._views]
        self._row = hbox(
            self._play,
            self._loop,
            self._rate,
            8,
            stretched(self._label),
            self._live,
            self._keep,
            self._branch,
            self._export,
            self._four,
            self._views,
            on=self,
            margins=(8, 0, 8, 0),
            spacing=4,
        )
        self.set_position(None)
        self.set_live(is_running=False, is_following=True)

    @property
    def are_views_open(self) -> bool:
        return self._views.isChecked()

    def add_tool(self, button: QToolButton) -> None:
        """Adds a foreign button before those of the views; it loses its text in narrow rows."""
        self._tools.append(button)
        self._row.insertWidget(self._row.indexOf(self._four), button)
        self._fit_tools()

    def set_position(self, text: str | None) -> None:
        """Sets the position's text, None without a film."""
        self._label.show_text(text or "")
        for widget in (self._play, self._loop, self._rate, self._keep, self._branch, self._export):
            widget.setEnabled(text is not None)

    def set_live(self, *, is_running: bool, is_following: bool) -> None:
        self._live.setVisible(is_running and not is_following)

    def set_playing(self, is_playing: bool) -> None:
        set_icon(self._play, "pause" if is_playing else "play")
        self._play.setToolTip("Pause the film (Space)" if is_playing else "Play the film (Space)")

    def open_views(self, *, is_open: bool, are_four: bool) -> None:
        self._views.setChecked(is_open)
        self._four.setChecked(are_four)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_tools()

    def _fit_tools(self) -> None:
        styles = Qt.ToolButtonStyle
        style = styles.ToolButtonTextBesideIcon if self.width() >= _WIDE_PX else styles.ToolButtonIconOnly
        for button in self._tools:
            button.setToolButtonStyle(style)

    def _toggle_views(self, is_open: bool) -> None:
        self._four.setVisible(is_open)
        self.views_toggled.emit(is_open)

    def _rate_spin(self) -> QSpinBox:
        spin = QSpinBox(self)
        spin.setObjectName("filmRateSpin")
        spin.setAccessibleName("Steps per second")
        spin.setToolTip("How fast the film plays, in steps per second")
        spin.setRange(SLOWEST, FASTEST)
        spin.setValue(DEFAULT_RATE)
        spin.setSuffix("/s")
        spin.setMaximumWidth(_RATE_WIDTH_PX)
        spin.valueChanged.connect(self.rate_chosen)
        return spin

    def _keep_button(self) -> QToolButton:
        button = IconButton("keep", "Keep this step: save it as a picture of its own", "filmKeepButton", self)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = StepMenu(button)
        menu.keep_wanted.connect(self.keep_wanted)
        button.setMenu(menu)
        return button
