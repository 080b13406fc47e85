"""The look of the window: one set of colours for light, one for dark, laid over Qt's Fusion style.

Widgets say what they are by dynamic properties, set once when they are made; the colours are only here:

* ``kind`` of a button: ``primary`` (one in a window), ``quiet`` (no border until hovered), ``chip`` (small);
* ``role`` of a label: ``title``, ``caption`` (small heading above a field), ``hint`` (explains), ``number``;
* ``role`` of a frame: ``panel`` (a pane of the window), ``card``, ``bar``; ``tone`` of a bar: ``error``, ``info``;
* ``iconName`` of a button or action: a file in ``resources/icons``, tinted by `app.widgets.icons.set_icon`.
"""

from PySide6.QtCore import QDir, QObject, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QLineEdit, QWidget

from app.widgets.colours import Colours
from app.widgets.icons import redraw_icons
from app.widgets.select_on_click import SelectOnClick
from app.widgets.style_sheet import style_sheet
from core.paths import resources
from core.settings.look import Theme

GRID_PX = 8
"""The unit of margins, gaps and sizes: they are multiples of it, or half of it inside a control."""


LIGHT = Colours(
    is_dark=False,
    window="#f3f2f0",
    panel="#faf9f8",
    field="#ffffff",
    hover="#eceae7",
    canvas="#e4e4e4",
    checker="#d6d6d6",
    line="#e0ddd9",
    strong_line="#c9c5bf",
    text="#1f1d1b",
    muted="#66615b",
    disabled="#a8a39c",
    accent="#b8481a",
    accent_hover="#a53f15",
    accent_pressed="#8f3511",
    on_accent="#ffffff",
    selection="#f3d9cc",
    danger="#b3261e",
    danger_surface="#fbeae8",
    info_surface="#f5ede6",
)

DARK = Colours(
    is_dark=True,
    window="#161617",
    panel="#1d1d1f",
    field="#272729",
    hover="#303033",
    canvas="#111111",
    checker="#1c1c1c",
    line="#2b2b2e",
    strong_line="#3f3f44",
    text="#ececed",
    muted="#a3a2a6",
    disabled="#66656a",
    accent="#f08a4b",
    accent_hover="#f69c64",
    accent_pressed="#d97638",
    on_accent="#1d120a",
    selection="#4e301c",
    danger="#ff8a80",
    danger_surface="#3a2220",
    info_surface="#2d2722",
)


class Appearance(QObject):
    """Keeps the application's palette and style sheet in step with the user's choice and with the desktop.

    Signals:
        changed(Colours): after the new colours are in place.
    """

    changed = Signal(object)

    def __init__(self, application: QApplication, choice: Theme = Theme.system) -> None:
        super().__init__(application)
        self._application = application
        self._choice = choice
        QDir.addSearchPath("icons", str(resources() / "icons"))
        application.setStyle("Fusion")
        self.colours = self._chosen_colours()
        self._apply()
        application.styleHints().colorSchemeChanged.connect(self._on_color_scheme_changed)

    @property
    def choice(self) -> Theme:
        return self._choice

    def choose(self, choice: Theme) -> None:
        """Changes the colours at once."""
        self._choice = choice
        self._update()

    def _on_color_scheme_changed(self, _scheme: Qt.ColorScheme) -> None:
        self._update()

    def _update(self) -> None:
        colours = self._chosen_colours()
        if colours is not self.colours:
            self.colours = colours
            self._apply()
            self.changed.emit(colours)

    def _chosen_colours(self) -> Colours:
        if self._choice is Theme.system:
            is_dark = self._application.styleHints().colorScheme() is Qt.ColorScheme.Dark
        else:
            is_dark = self._choice is Theme.dark
        return DARK if is_dark else LIGHT

    def _apply(self) -> None:
        self._application.setPalette(palette(self.colours))
        self._application.setStyleSheet(style_sheet(self.colours, self._application.font().pointSizeF()))
        redraw_icons()


def palette(colours: Colours) -> QPalette:
    """Returns the colours that Fusion, and widgets that paint by hand, use."""
    result = QPalette()
    roles = QPalette.ColorRole
    for role, colour in (
        (roles.Window, colours.window),
        (roles.WindowText, colours.text),
        (roles.Base, colours.field),
        (roles.AlternateBase, colours.panel),
        (roles.Text, colours.text),
        (roles.PlaceholderText, colours.muted),
        (roles.Button, colours.panel),
        (roles.ButtonText, colours.text),
        (roles.BrightText, colours.danger),
        (roles.Highlight, colours.accent),
        (roles.HighlightedText, colours.on_accent),
        (roles.Accent, colours.accent),
        (roles.Link, colours.accent),
        (roles.LinkVisited, colours.accent),
        (roles.ToolTipBase, colours.field),
        (roles.ToolTipText, colours.text),
        (roles.Light, colours.field),
        (roles.Midlight, colours.hover),
        (roles.Mid, colours.strong_line),
        (roles.Dark, colours.strong_line),
        (roles.Shadow, colours.line),
    ):
        result.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, role, QColor(colours.disabled))
    return result


def prepare_spin_boxes(root: QWidget) -> None:
    """Has a click select the number in spin boxes below ``root``, and sets the left padding of the number.

    The style sheet cannot reach the padding.
    """
    for field in root.findChildren(QLineEdit, "qt_spinbox_lineedit"):
        field.setTextMargins(GRID_PX, 0, 0, 0)
        spin = field.parent()
        if isinstance(spin, QAbstractSpinBox) and spin.findChild(SelectOnClick) is None:
            SelectOnClick(spin)
