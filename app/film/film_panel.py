"""The panel under the canvas: the film of the picture in progress, or of any picture that has one."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.film.decoded_pictures import DecodedPictures
from app.film.film_strip import FilmStrip
from app.film.frame_context import DecodedLatent, FrameContext, PassAlone
from app.film.player import Player
from app.film.position import explanation, position_text, short_position_text
from app.film.scrubber import Scrubber
from app.film.step_menu import step_menu
from app.film.transport import Transport
from app.film.view_area import ViewArea
from app.widgets.building import stretched, vbox
from core.film.attention_maps import AttentionRecord
from core.film.film import Film, Schedule
from core.measures.pacing import even_motion
from core.pictures.pixels import Pixels
from core.recipes.recipe import Stage

REST_MS = 150
"""A step that is shown for this long gets a full decode."""


class FilmPanel(QWidget):
    """Strip, scrubber, player and views of one film; signals the user's wishes and carries out none of them.

    While a run goes on it shows the newest step, until another one is chosen; *Live* follows again.

    Attributes:
        film: the shown one, None for none. call: the shown call.
        is_following: whether the newest step is shown as it comes.
        transport: the row of buttons, where others may put theirs.
        views: the views of a step, with signals of their own.

    Signals:
        film_changed: another film is shown, or none.
        frame_selected(int): the user (or the player) went to this call; not emitted while following.
        following_changed(bool): the canvas may show the run again, or should show the selected call.
        full_decode_wanted(int): of x0 at this call, looked at for `REST_MS`; answer by `set_decoded`.
        decoded(int, object): the true picture of x0 at this call has come.
        branch_requested(int): at this call. keep_requested(int, str): call and stage.
        views_changed(object): names of the open views, a tuple of str, for the settings; empty when closed.
    """

    film_changed = Signal()
    frame_selected = Signal(int)
    following_changed = Signal(bool)
    full_decode_wanted = Signal(int)
    decoded = Signal(int, object)
    branch_requested = Signal(int)
    keep_requested = Signal(int, str)
    views_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None, explained: Sequence[str] = ()) -> None:
        """Takes ``explained``: names of the views whose explanation was shown in earlier sessions."""
        super().__init__(parent)
        self.setObjectName("filmPanel")
        self.setAutoFillBackground(True)  # or all that lies below is painted with each step
        self.is_following = True
        self._is_running = False
        self.film: Film | None = None
        self.call = 0
        self._passes = PassAlone()
        self._ghosts: Mapping[str, Schedule] = {}
        self._wished: DecodedLatent | None = None
        self._decoded = DecodedPictures()
        self._attention: AttentionRecord | None = None
        self._attention_done: float | None = None
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._views_turn = QTimer(self, singleShot=True, interval=0)
        self._strip = FilmStrip(self)
        self._scrubber = Scrubber(self)
        self._player = Player(self._scrubber)
        self._strip.setFocusProxy(self._scrubber)
        self.transport = Transport(self._keep, self)
        self.views = ViewArea(explained, self)
        self.views.hide()
        self._connect()
        panes = (self._strip, self._scrubber, self.transport, stretched(self.views))
        vbox(*panes, on=self, margins=(0, 4, 0, 4), spacing=2)
        self._fit_height()

    @Slot(object)
    def show_film(self, film: Film | None) -> None:
        """Shows another film from its newest step, or the present one as it is now. None empties the panel."""
        is_same_run = film is not None and film.continues(self.film)
        self.film = film
        if not is_same_run:
            self._is_running = film is not None and not film.frames
            self._player.pause()
            self._decoded.clear()
            self._attention, self._attention_done = None, None
            self._follow(is_following=True)
            self.call = max(len(film.frames) - 1, 0) if film is not None else 0
            self._ghosts, self._wished = {}, None
            self.film_changed.emit()
        self._film_changed()

    def grow(self, film: Film) -> None:
        """Shows the run's film as it is after another call."""
        if film.continues(self.film):
            self.film = film
            self._is_running = True
            if self.is_following:
                self.call = len(film.frames) - 1
            self._film_changed()

    @Slot()
    def end_run(self) -> None:
        """Ends the run, complete or not."""
        self._is_running = False
        self._rest.start()
        self._show_live()
        self._views_turn.start()

    @Slot(int, object)
    def set_decoded(self, call: int, pixels: Pixels) -> None:
        """Shows the decoded picture of x0 at a call."""
        self._decoded.keep(call, pixels)
        if call == self.call:
            self._views_turn.start()
        self.decoded.emit(call, pixels)

    def set_attention(self, record: AttentionRecord | None, done: float | None = None) -> None:
        """Shows the cross-attention of the shown run, or how much of it is ``done`` while it is recorded."""
        self._attention, self._attention_done = record, done
        self._views_turn.start()

    def set_ghosts(self, other_schedules: Mapping[str, Schedule]) -> None:
        """Shows schedules of other samplers with as many steps, in the view *Schedule*."""
        self._ghosts = other_schedules
        self._views_turn.start()

    def set_wished(self, decoded: DecodedLatent) -> None:
        """Shows the decoded picture that a view requested."""
        self._wished = decoded
        self._views_turn.start()

    @Slot(int)
    def select(self, call: int) -> None:
        """Goes to a call and stays there."""
        if self.film is None or not 0 <= call < len(self.film.frames):
            return
        self._follow(is_following=False)
        if call != self.call:
            self.call = call
            self._call_changed()
        self.frame_selected.emit(call)
        if not self._player.is_playing:
            self._rest.start()

    @Slot()
    def follow(self) -> None:
        """Shows the newest step again, and those that follow."""
        self._player.pause()
        self._follow(is_following=True)
        if self.film is not None and self.film.frames:
            self.call = len(self.film.frames) - 1
            self._call_changed()

    @property
    def open_names(self) -> tuple[str, ...]:
        """Returns the names of the open views."""
        return () if self.views.isHidden() else self.views.names

    def open_views(self, names: Sequence[str]) -> None:
        """Shows these views: none, one or four."""
        self.views.choose(names)
        self.transport.views.setChecked(bool(names))
        self.transport.four.setChecked(len(names) > 1)

    def _connect(self) -> None:
        self._strip.call_chosen.connect(self._take_over)
        self._strip.menu_wanted.connect(self._open_menu)
        self._scrubber.valueChanged.connect(self._take_over)
        self._player.advanced.connect(self.select)
        self.transport.even.toggled.connect(self._set_pace)
        self._player.playing_changed.connect(self._playing_changed)
        self.transport.play.clicked.connect(self._player.toggle)
        self.transport.rate.valueChanged.connect(self._player.set_rate)
        self.transport.loop.toggled.connect(self._player.set_looping)
        self.transport.live.clicked.connect(self.follow)
        self.transport.branch.clicked.connect(self._branch)
        self.transport.views.toggled.connect(self._toggle_views)
        self.transport.four.toggled.connect(self.views.show_four)
        self.views.call_selected.connect(self._take_over)
        self.views.views_changed.connect(self._tell_views)
        self._rest.timeout.connect(self._rested)
        self._views_turn.timeout.connect(self._show_moment)
        play_key = QShortcut(QKeySequence(Qt.Key.Key_Space), self._scrubber)
        play_key.setContext(Qt.ShortcutContext.WidgetShortcut)
        play_key.activated.connect(self._player.toggle)

    @Slot(int)
    def _take_over(self, call: int) -> None:
        """Ends playing, because the user went somewhere by hand."""
        self._player.pause()
        self.select(call)

    def _follow(self, *, is_following: bool) -> None:
        if is_following != self.is_following:
            self.is_following = is_following
            self.following_changed.emit(is_following)
        self._show_live()

    def _film_changed(self) -> None:
        self.call = min(self.call, max(len(self.film.frames) - 1, 0)) if self.film is not None else 0
        with QSignalBlocker(self._scrubber):
            self._scrubber.set_film(self.film)
        self._strip.show_film(self.film, self.call)
        self._show_live()
        self._call_changed()

    def _call_changed(self) -> None:
        """Shows the call; the views follow when strip and scrubber are painted, and skip what they miss."""
        with QSignalBlocker(self._scrubber):
            self._scrubber.setValue(self.call)
        self._strip.choose(self.call)
        film, texts, tip = self.film, tuple[str, ...](), ""
        if film is not None and film.frames:
            texts = position_text(film, self.call), short_position_text(film, self.call)
            tip = explanation(film.schedule, self.call)
        self.transport.set_position(texts, tip)
        self._views_turn.start()

    def _show_live(self) -> None:
        is_running = self._is_running and self.film is not None and not self.film.is_complete
        self.transport.live.setVisible(is_running and not self.is_following)

    @Slot()
    def _show_moment(self) -> None:
        if self.film is None or not self.film.frames:
            self.views.show_moment(None)
        else:
            moment = FrameContext(
                *self._passes.at(self.film, self.call),
                self._decoded.find(self.call),
                self._attention,
                self._attention_done,
                is_growing=self._is_running and not self.film.is_complete,
                other_schedules={} if self.film.first_call_at(self.call) else self._ghosts,
                requested_decode=self._wished,
            )
            self.views.show_moment(moment)

    @Slot()
    def _rested(self) -> None:
        """Asks for the true picture of a step that is looked at, here or, when nothing runs, in a view alone."""
        has_frames = self.film is not None and bool(self.film.frames) and not self._player.is_playing
        is_looked_at = not self.is_following or (bool(self.open_names) and not self._is_running)
        if has_frames and is_looked_at and self._decoded.find(self.call) is None:
            self.full_decode_wanted.emit(self.call)

    @Slot(bool)
    def _playing_changed(self, is_playing: bool) -> None:
        self.transport.set_playing(is_playing)
        self._set_pace()
        if not is_playing:
            self._rest.start()

    @Slot()
    def _set_pace(self) -> None:
        frames = self.film.frames if self.film is not None and self.transport.even.isChecked() else ()
        self._player.pace = even_motion([frame.denoised for frame in frames]) if frames else ()

    @Slot(bool)
    def _toggle_views(self, is_open: bool) -> None:
        self.views.setVisible(is_open)
        self._fit_height()
        self._rest.start()
        self._tell_views()
        self._show_moment()

    @Slot()
    def _tell_views(self) -> None:
        self.views_changed.emit(self.open_names)

    def _fit_height(self) -> None:
        """Limits the height without views, which alone could fill it."""
        vertical = QSizePolicy.Policy.Fixed if self.views.isHidden() else QSizePolicy.Policy.Preferred
        self.setSizePolicy(QSizePolicy.Policy.Preferred, vertical)

    @Slot(int, QPoint)
    def _open_menu(self, call: int, place: QPoint) -> None:
        self._take_over(call)
        menu = step_menu(self, self._keep, self._branch)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)

    def _keep(self, stage: Stage) -> None:
        self.keep_requested.emit(self.call, stage)

    @Slot()
    def _branch(self) -> None:
        self.branch_requested.emit(self.call)
