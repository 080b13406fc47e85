"""The page without a picture: its purpose, how to choose a picture, and that one is being encoded."""

from PySide6.QtCore import Signal

from app.noise.noise_text import EMPTY, TAKING
from app.widgets.building import push_button
from app.widgets.empty_page import EmptyPage
from app.widgets.icons import set_icon


class NoiseStart(EmptyPage):
    """Signals:
    choose_asked: a picture from a file. current_asked: the one on the canvas.
    """

    choose_asked = Signal()
    current_asked = Signal()

    def __init__(self) -> None:
        super().__init__("forwardStart")
        self._choose = push_button("Open a picture…", self.choose_asked, name="forwardStartButton", kind="primary")
        set_icon(self._choose, "picture")
        self.current_button = push_button(
            "Take the picture in Create", self.current_asked, name="forwardStartCurrentButton"
        )
        for button in (self._choose, self.current_button):
            self.add_button(button)
        self.show_taking(is_taking=False)

    def show_taking(self, *, is_taking: bool) -> None:
        """Shows whether a picture is being encoded."""
        if is_taking:
            self.show_words(*TAKING, progress=(0, 0))
        else:
            self.show_words(*EMPTY)
        for button in (self._choose, self.current_button):
            button.setVisible(not is_taking)
