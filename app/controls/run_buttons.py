"""Generate, and what can be done with a run: Stop, Pause, Single step."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QPushButton, QWidget

from app.session.mask_selection import MaskSelection
from app.session.run import RunState
from app.session.session import Session
from app.widgets.building import hbox, push_button, stretched, vbox
from app.widgets.field import describe
from app.widgets.icons import set_icon
from core.language.words import tr

GAP_PX = 8


class RunButtons(QWidget):
    """Four buttons that always say what they would do now."""

    def __init__(self, session: Session, masks: MaskSelection) -> None:
        super().__init__()
        self._session = session
        self._masks = masks
        self.generate = self._button("generateButton", "play")
        self.stop = self._button("stopButton", "stop")
        self.pause = self._button("pauseButton", "pause")
        self.step = self._button("stepButton", "step")
        row = hbox(*map(stretched, (self.stop, self.pause, self.step)), spacing=GAP_PX)
        vbox(self.generate, row, on=self, spacing=GAP_PX)
        self.generate.clicked.connect(session.generate)
        self.stop.clicked.connect(session.stop)
        self.pause.clicked.connect(self._pause_or_resume)
        self.step.clicked.connect(session.single_step)
        session.state_changed.connect(self._show)
        masks.changed.connect(self._on_mask_changed)
        self._show(session.state)

    def _button(self, name: str, icon_name: str) -> QPushButton:
        button = push_button(name=name)
        set_icon(button, icon_name)
        return button

    @Slot()
    def _pause_or_resume(self) -> None:
        if self._session.state is RunState.paused:
            self._session.resume()
        else:
            self._session.pause()

    @Slot()
    def _on_mask_changed(self) -> None:
        self._show(self._session.state)

    @Slot(object)
    def _show(self, state: RunState) -> None:
        is_idle = state is RunState.idle
        is_paused = state is RunState.paused
        is_stopping = state is RunState.stopping
        mode = self._masks.mode
        make = (mode.words, mode.about) if mode is not None else (tr("Generate"), tr("Make a picture"))
        for button, text, effect in (
            (
                self.generate,
                make[0] if is_idle else tr("Add to queue"),
                make[1] if is_idle else tr("Make this one after those that are waiting"),
            ),
            (
                self.stop,
                tr("Stopping…") if is_stopping else tr("Stop"),
                tr("Stops after the step in progress")
                if is_stopping
                else tr("Stop; what has developed so far can be kept"),
            ),
            (
                self.pause,
                tr("Resume") if is_paused else tr("Pause"),
                tr("Go on with this picture") if is_paused else tr("Pause after the step in progress"),
            ),
            (self.step, tr("Step"), tr("Single step: one more step, then pause")),
        ):
            button.setText(text)
            describe(button, button.objectName(), text, effect)
        self.step.setAccessibleName(tr("Single step"))
        set_icon(self.generate, "play" if is_idle else "plus")
        set_icon(self.pause, "play" if is_paused else "pause")
        self.stop.setEnabled(state in (RunState.running, RunState.paused))
        self.pause.setEnabled(state in (RunState.running, RunState.paused))
        self.step.setEnabled(not is_stopping)
