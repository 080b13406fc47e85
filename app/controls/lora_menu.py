"""The list from which a LoRA is chosen: searchable when long; what does not fit the model is grey, with reason."""

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.widgets.building import named, push_button, text_label, vbox
from app.widgets.field import describe, search_edit
from app.widgets.icons import set_icon
from app.widgets.popups import show_below
from core.language.words import tr

SEARCH_FROM = 8
"""So many are seen at once; more can be searched."""

WIDTH_PX = 320
LARGEST_HEIGHT_PX = 360
TEXT_WIDTH_PX = 280
_PAD_PX = 8
_INSET_PX = 5
_LINE_GAP_PX = 2
_DETAIL = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex


class LoraMenu(QFrame):
    """Opens below a button.

    Signals:
        chosen: the name of a LoRA. file_wanted: the user has one elsewhere.
    """

    chosen = Signal(str)
    file_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("loraMenu")
        about = tr("Shows the LoRAs whose names have all these parts")
        self.search = search_edit("loraSearch", tr("Search LoRAs"), tr("Search"), about)
        self.list = named(QListWidget(), "loraList", "LoRAs")
        self.list.setItemDelegate(_Delegate(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMouseTracking(True)
        self.hint = text_label(role="hint", is_plain=True, wraps=True)
        self.file_button = push_button(tr("Add a LoRA file…"), self._want_file, kind="quiet")
        set_icon(self.file_button, "folder")
        self.file_button.setStyleSheet("text-align: left")
        describe(
            self.file_button,
            "loraFileButton",
            tr("Add a LoRA file"),
            tr("A .safetensors file from another folder"),
        )
        vbox(self.search, self.list, self.hint, self.file_button, on=self, margins=_PAD_PX, spacing=_PAD_PX)
        self.setFixedWidth(WIDTH_PX)
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)
        self.list.itemClicked.connect(self._choose)
        self.list.itemActivated.connect(self._choose)

    def fill(self, entries: list[tuple[str, str, str, bool]], hint: str) -> None:
        """Each entry: name, a line about it, a tooltip, whether it can be chosen. ``hint`` stands in for none."""
        self.list.clear()
        for name, detail, tooltip, is_enabled in entries:
            item = QListWidgetItem(name)
            item.setData(_DETAIL, detail)
            item.setToolTip(tooltip)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name}, {detail}" if detail else name)
            if not is_enabled:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(item)
        self.list.setVisible(bool(entries))
        self.search.setVisible(len(entries) > SEARCH_FROM)
        self.hint.setText(hint)
        self._filter(self.search.text())

    def open_below(self, button: QWidget) -> None:
        """With everything shown, the search empty."""
        self.search.clear()
        self._fit()
        show_below(self, button)
        (
            self.search if self.search.isVisible() else self.list if self.list.isVisible() else self.file_button
        ).setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        keys = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            if event.key() in keys:
                self.list.keyPressEvent(event)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                for item in self.list.selectedItems():
                    self._choose(item)
                return True
        return super().eventFilter(watched, event)

    def _filter(self, text: str) -> None:
        """All parts must be in the name; the first that fits is the current one."""
        parts = text.casefold().split()
        first: QListWidgetItem | None = None
        shown = 0
        for row in range(self.list.count()):
            item = self.list.item(row)
            is_shown = all(part in item.text().casefold() for part in parts)
            item.setHidden(not is_shown)
            shown += is_shown
            if first is None and is_shown and item.flags() & Qt.ItemFlag.ItemIsEnabled:
                first = item
        self.list.setCurrentItem(first)  # pyright: ignore[reportArgumentType]
        if self.list.count():
            self.hint.setText("" if shown else tr("No LoRA has this in its name."))
        self.hint.setVisible(bool(self.hint.text()))
        if self.isVisible():
            self._fit()

    def _fit(self) -> None:
        rows = [row for row in range(self.list.count()) if not self.list.item(row).isHidden()]
        height = sum(self.list.sizeHintForRow(row) for row in rows) + 4
        self.list.setFixedHeight(min(max(height, 40), LARGEST_HEIGHT_PX))
        self.list.setVisible(bool(rows))
        self.adjustSize()

    def _choose(self, item: QListWidgetItem) -> None:
        if item.flags() & Qt.ItemFlag.ItemIsEnabled:
            self.hide()
            self.chosen.emit(item.text())

    def _want_file(self) -> None:
        self.hide()
        self.file_wanted.emit()


class _Delegate(QStyledItemDelegate):
    """The name, and smaller lines below it."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        font: QFont = option.font  # pyright: ignore[reportAttributeAccessIssue]
        height = QFontMetrics(font).height() + 2 * _INSET_PX
        if detail := index.data(_DETAIL):
            room = QRect(0, 0, TEXT_WIDTH_PX, 1000)
            lines = QFontMetrics(_smaller(font)).boundingRect(room, Qt.TextFlag.TextWordWrap, detail)
            height += _LINE_GAP_PX + lines.height()
        return QSize(TEXT_WIDTH_PX, height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        palette: QPalette = option.palette  # pyright: ignore[reportAttributeAccessIssue]
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue]
        area: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue]
        is_enabled = bool(state & QStyle.StateFlag.State_Enabled)
        muted = palette.color(QPalette.ColorRole.PlaceholderText)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if is_enabled and state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_Selected):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.midlight())
            painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), 4, 4)
        text = area.adjusted(_PAD_PX, _INSET_PX, 0, -_INSET_PX)
        text.setWidth(TEXT_WIDTH_PX)
        painter.setPen(palette.color(QPalette.ColorRole.Text) if is_enabled else muted)
        metrics = painter.fontMetrics()
        top = QRect(text.left(), text.top(), text.width(), metrics.height())
        name = metrics.elidedText(index.data(), Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(top, Qt.AlignmentFlag.AlignVCenter, name)
        if detail := index.data(_DETAIL):
            painter.setFont(_smaller(painter.font()))
            painter.setPen(muted)
            painter.drawText(
                text.adjusted(0, metrics.height() + _LINE_GAP_PX, 0, 0), Qt.TextFlag.TextWordWrap, detail
            )
        painter.restore()


def _smaller(font: QFont) -> QFont:
    result = QFont(font)
    result.setPointSizeF(font.pointSizeF() * 0.92)
    return result
