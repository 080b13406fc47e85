"""The program's description, the versions to state when asking for help, and all parts with their licences."""

import platform

from PySide6.QtCore import QSize, Qt, Slot, qVersion
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from app.dialogs.licences import Part, read_parts
from app.widgets.building import STRETCH, aligned, hbox, named, stretched, text_label, vbox
from app.widgets.icons import app_icon
from core.language.words import tr
from core.recipes.recipe import library_versions
from core.version import VERSION

ABOUT = tr(
    "Emulsion makes pictures from words on this computer, and shows how each one develops out of noise. "
    "Nothing leaves the computer. Apache License 2.0."
)
SIZE_PX = (720, 520)
_PART = Qt.ItemDataRole.UserRole


class AboutDialog(QDialog):
    """Opens by `open`, without blocking."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("aboutDialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("About Emulsion"))
        tabs = named(QTabWidget(), "aboutTabs", tr("About Emulsion"))
        tabs.addTab(self._about(), tr("About"))
        tabs.addTab(self._licences(), tr("Parts and licences"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        vbox(stretched(tabs), buttons, on=self, margins=16, spacing=16)
        self.resize(*SIZE_PX)

    def _about(self) -> QWidget:
        picture = QLabel()
        picture.setPixmap(app_icon().pixmap(QSize(96, 96), self.devicePixelRatioF()))
        title = text_label(tr("Emulsion {version}", version=VERSION), role="heading")
        words = text_label(ABOUT, wraps=True)
        lines = "\n".join(
            f"{name} {version}" for name, version in {**_own_versions(), **library_versions()}.items()
        )
        versions = text_label(lines, name="versionsLabel", role="hint", is_selectable=True)
        texts = vbox(title, words, versions, STRETCH, spacing=12)
        page = QWidget()
        hbox(aligned(picture, Qt.AlignmentFlag.AlignTop), stretched(texts), on=page, margins=24, spacing=24)
        return page

    def _licences(self) -> QWidget:
        self._parts = named(QTreeWidget(), "partsList", tr("Parts of Emulsion"))
        self._parts.setHeaderLabels([tr("Part"), tr("Version"), tr("Licence")])
        self._parts.setRootIsDecorated(False)
        self._parts.header().setStretchLastSection(True)
        self._parts.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self._parts.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self._text = named(QPlainTextEdit(readOnly=True), "licenceText", tr("Text of the licence"))
        for part in read_parts():
            item = QTreeWidgetItem(self._parts, [part.name, part.version, part.licence])
            item.setToolTip(2, part.licence)
            item.setData(0, _PART, part)
        self._parts.currentItemChanged.connect(self._on_current_item_changed)
        self._parts.setCurrentIndex(self._parts.model().index(0, 0))
        page = QWidget()
        vbox(stretched(self._parts), stretched(self._text), on=page, margins=(8, 12, 8, 8), spacing=8)
        return page

    @Slot()
    def _on_current_item_changed(self) -> None:
        item = self._parts.currentItem()
        part: Part | None = item.data(0, _PART) if item is not None else None
        if part is not None:
            words = [part.about, part.page, part.text or tr("Licence: {licence}", licence=part.licence)]
            self._text.setPlainText("\n\n".join(text for text in words if text))


def _own_versions() -> dict[str, str]:
    return {"Python": platform.python_version(), "Qt": qVersion(), "System": platform.platform(terse=True)}
