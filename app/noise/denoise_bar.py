"""The foot of the page: the prompt, and image to image from the chosen noise level."""

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from app.widgets.building import hbox, push_button, stretched, text_label, vbox
from app.widgets.field import describe
from app.widgets.icons import set_icon
from core.language.words import tr
from core.request.request import Source

_RETURNS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class _PromptLine(QLineEdit):
    """Keeps Ctrl+Return, which would start a run without the picture."""

    def event(self, arg__1: QEvent) -> bool:
        if isinstance(arg__1, QKeyEvent) and arg__1.type() is QEvent.Type.ShortcutOverride:
            is_control = arg__1.modifiers() & Qt.KeyboardModifier.ControlModifier
            if is_control and arg__1.key() in _RETURNS:
                arg__1.accept()
                return True
        return super().event(arg__1)


class DenoiseBar(QWidget):
    """Signals:
    prompt_edited(str): by the user. denoise_asked: Return, Ctrl+Return or the button.
    """

    prompt_edited = Signal(str)
    denoise_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.prompt = _PromptLine()
        describe(
            self.prompt,
            "forwardPromptEdit",
            tr("Prompt"),
            tr("The prompt that the network is given with the mixture; the same as in Create"),
        )
        self.prompt.setPlaceholderText(tr("What should the network see in the noise?"))
        self.prompt.setAcceptDrops(False)  # it would take a dropped file for text
        self.prompt.textEdited.connect(self.prompt_edited)
        self.prompt.returnPressed.connect(self.denoise_asked)
        self.button = push_button(tr("Denoise from here"), self.denoise_asked, kind="primary")
        describe(
            self.button,
            "denoiseButton",
            tr("Denoise from here"),
            tr("Image to image: the run starts from your picture under this much noise, instead of noise alone"),
        )
        set_icon(self.button, "play")
        self._sentence = text_label(name="denoiseSentence", role="hint", wraps=True)
        label = text_label(tr("Prompt (same as in Create)"), role="caption")
        row = hbox(label, stretched(self.prompt), self.button, spacing=8)
        vbox(row, self._sentence, on=self, spacing=4)

    def show_prompt(self, prompt: str) -> None:
        if self.prompt.text() != prompt:
            self.prompt.setText(prompt)

    @Slot(object, int)
    def show_source(self, source: Source, steps: int) -> None:
        """Shows the source and the number of steps of the run."""
        made = source.steps_of(steps)
        acting = tr("all of them are made")
        if made < steps:
            acting = tr(
                "the first {skipped} are skipped, the last {made} remove this much noise",
                skipped=steps - made,
                made=made,
            )
        self._sentence.setText(
            tr(
                "Image to image with strength {strength:.2f}: of {steps} steps {acting}. "
                "Less noise keeps more of your picture. Model, steps and guidance scale are those in Create.",
                strength=source.strength,
                steps=steps,
                acting=acting,
            )
        )
