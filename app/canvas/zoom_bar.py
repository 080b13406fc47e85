"""The small bar in the canvas' corner: smaller, zoom, larger, fit, 100 %, repeat."""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QFrame, QWidget

from app.canvas.view import Canvas
from app.widgets.building import hbox, text_label
from app.widgets.icon_button import IconButton
from core.language.words import tr

RESTS_AFTER_MS = 1500
"""A pointer that rests looks at the picture, which the bar would cover."""


class ZoomBar(QFrame):
    """Follows one canvas; visible while the pointer moves over it, or with the keyboard's focus."""

    def __init__(self, canvas: Canvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("zoomBar")
        self.setProperty("role", "floating")
        self._percent = text_label(name="zoomLabel", role="number")
        self._percent.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._percent.setMinimumWidth(self._percent.fontMetrics().horizontalAdvance("0000 %"))
        layout = hbox(on=self, margins=4, spacing=0)
        for name, text, slot in (
            ("minus", tr("Zoom out (−)"), canvas.zoom_out),
            (None, "", None),
            ("plus", tr("Zoom in (+)"), canvas.zoom_in),
            ("fit", tr("Fit to window (0)"), canvas.fit),
            (
                "actual-size",
                tr("100 %: one screen pixel for each pixel of the picture (1)"),
                canvas.show_actual_size,
            ),
            (
                "grid",
                tr("Repeat the picture 2 × 2 times, 3 × 3 times, or not: does it go on at its edges? (R)"),
                canvas.repeat,
            ),
        ):
            if name is None or slot is None:
                layout.addWidget(self._percent)
                continue
            button = IconButton(name, text, f"zoom-{name}")
            button.clicked.connect(slot)
            layout.addWidget(button)
        self._canvas = canvas
        self._rest = QTimer(self, singleShot=True, interval=RESTS_AFTER_MS)
        self._rest.timeout.connect(self._update_visible)
        canvas.setMouseTracking(True)
        canvas.installEventFilter(self)
        canvas.zoom_changed.connect(self._on_zoom_changed)
        self._update_visible()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.MouseMove:
            self._rest.start()
            self._update_visible()
        elif event.type() in (QEvent.Type.Enter, QEvent.Type.Leave, QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self._update_visible()
        return super().eventFilter(watched, event)

    def _on_zoom_changed(self, zoom: float | None) -> None:
        self._update_visible()
        if zoom is not None:
            self._percent.setText(f"{zoom * 100:.0f} %")

    def _update_visible(self) -> None:
        canvas = self._canvas
        is_wanted = self.underMouse() or canvas.hasFocus() or (canvas.underMouse() and self._rest.isActive())
        self.setVisible(canvas.shown is not None and is_wanted)
