"""The page without a picture: its purpose, how to choose a picture, and that one is being encoded."""

from app.noise.noise_text import EMPTY, TAKING
from app.widgets.building import push_button
from app.widgets.empty_page import EmptyPage
from app.widgets.icons import set_icon
from core.language.words import tr


class NoiseStart(EmptyPage):
    """Attributes:
    choose_button: asks for a picture from a file. current_button: takes the one on the canvas.
    """

    def __init__(self) -> None:
        super().__init__("forwardStart")
        self.choose_button = push_button(tr("Open a picture…"), name="forwardStartButton", kind="primary")
        set_icon(self.choose_button, "picture")
        self.current_button = push_button(tr("Use the picture from Create"), name="forwardStartCurrentButton")
        for button in (self.choose_button, self.current_button):
            self.add_button(button)
        self.show_taking(is_taking=False)

    def show_taking(self, *, is_taking: bool) -> None:
        """Shows whether a picture is being encoded."""
        if is_taking:
            self.show_words(*TAKING, progress=(0, 0))
        else:
            self.show_words(*EMPTY)
        for button in (self.choose_button, self.current_button):
            button.setVisible(not is_taking)
