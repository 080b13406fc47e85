"""Goes through pages, dialogs and menus in the language of this process: `test_languages` runs it in each.

Nothing may stay in English in the pseudo-language, and no text may be wider or higher than its widget.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QDeadlineTimer, QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QMenu,
    QPlainTextEdit,
    QScrollArea,
    QSpinBox,
    QStyle,
    QStyleOptionComboBox,
    QTabBar,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.create.columns import LEFT_PX
from app.create.page import CreatePage
from app.film.film_panel import FilmPanel
from app.film.views import VIEWS
from app.preferences.controller import PreferencesDialog
from app.preferences.page import Page
from app.startup.qt_language import follow_language
from app.widgets.elided_label import ElidedLabel
from app.window.tour import Tour
from app.window.tour_steps import STEPS
from core.language.pseudo import PADDING, PSEUDO_LANGUAGE
from core.language.words import current
from tests import fakes, synthetic_film
from tests.app.window.walked_dialogs import DIALOGS
from tests.app.windows import Opened, Opener, open_window, wait_until_idle
from tests.patience import LONGEST_MS

__all__ = ["open_window"]

SIZES = ((944, 500), (1024, 700), (1440, 900), (1920, 1080))
"""The first one is what a screen of 1920x1080 has room for at 200 %."""
LOWEST_PX = SIZES[0][1]
NAMES = re.compile(
    # addresses, paths and fields; products, formats and units; keys; names in these tests
    r"[\u0590-\u05ff\u202a]+|Backspace|https?://\S+|[\w.-]*/[\w./-]*|\{\w+\}|[\w.+]+-[\w.-]+"
    r"|(picture)?\.png|\b\w*[\d_]\w*\b|What starter-model is for\.|\b("
    r"Emulsion|LoRAs?|VAE|PNG|JPEG|WebP|AVIF|MP4|GIF|RGB|SNR|PSNR|CSV|GPU|CPU|CUDA|MPS|XPU|b?float\d+"
    r"|NVIDIA|AMD|Apple|cpu"
    r"|English|Deutsch|DDIM|DDPM|LMS|PLMS|Euler|Heun|DPM\d?|DEIS|UniPC|LCM|TCD|SDE|Karras|Exponential|Even|No norm"
    r"|Original|Ignore|None|Plain|Stable Diffusion|SDXL|Turbo|Starter Model|Python|Qt|System|torch|diffusers"
    r"|transformers|Ctrl|Shift|Alt|Return|Enter|Space|Del|Esc|Home|End|Tab|Up|Down|Left|Right|Tiny|tiny"
    r"|Latent|Lanczos|antialiased|bicubic|nearest"
    r"|a red house( by the sea)?"
    r"|FLUX|klein|base|int8|one file|Qwen|taesd(xl)?|mine|cond|uncond|log|Create)\b"
)


def shown_in(widget: QWidget) -> Iterator[str]:
    """Yields every text of a widget that a person can see or hear."""
    yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription(), widget.windowTitle())
    match widget:
        case QLabel() | QAbstractButton():
            yield widget.text()
        case QComboBox():
            yield from (widget.itemText(row) for row in range(widget.count()))
            yield from (
                str(widget.itemData(row, Qt.ItemDataRole.ToolTipRole) or "") for row in range(widget.count())
            )
        case QLineEdit() | QPlainTextEdit():
            yield widget.placeholderText()
        case QListWidget():
            yield from (widget.item(row).text() for row in range(widget.count()))
        case QTabWidget():
            yield from (widget.tabText(tab) for tab in range(widget.count()))
        case QMenu():
            yield widget.title()
        case QSpinBox():
            yield from (widget.prefix(), widget.suffix(), widget.specialValueText())
        case _:
            pass


def in_english(root: QWidget) -> set[str]:
    """Returns the texts that did not come through the functions of `core.language.words`."""
    texts = {text for widget in (root, *root.findChildren(QWidget)) for text in shown_in(widget)}
    texts |= {text for action in root.findChildren(QAction) for text in (action.text(), action.toolTip())}
    texts -= {"Export", "Export..."}  # of pyqtgraph, in a menu that is never shown
    return {
        text
        for text in texts
        if PADDING not in text and re.search(r"[A-Za-z]{3,}", NAMES.sub("", re.sub(r"<[^>]*>", "", text)))
    }


def cut(root: QWidget) -> set[str]:
    """Returns the texts that do not fit into their widgets; labels that end in an ellipsis by design may."""
    found: set[str] = set()
    for widget in (child for child in root.findChildren(QWidget) if child.isVisible()):
        text, fits = "", True
        if isinstance(widget, ElidedLabel):
            pass
        elif isinstance(widget, QLabel) and widget.text() and widget.pixmap().isNull():
            text = widget.text()
            wanted = (
                widget.sizeHint() if not widget.wordWrap() else QSize(0, widget.heightForWidth(widget.width()))
            )
            fits = wanted.width() <= widget.width() + 2 and wanted.height() <= widget.height() + 2
        elif isinstance(widget, QAbstractButton) and widget.text():
            text = widget.text()
            fits = widget.sizeHint().width() <= widget.width() + 1
        elif isinstance(widget, QComboBox) and widget.count():
            text = widget.currentText()
            option = QStyleOptionComboBox()
            widget.initStyleOption(option)
            edit = QStyle.SubControl.SC_ComboBoxEditField
            room = widget.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, edit, widget)
            fits = widget.fontMetrics().horizontalAdvance(text) <= room.width()
        elif isinstance(widget, QTabBar):
            text = " ".join(widget.tabText(tab) for tab in range(widget.count()))
            fits = widget.sizeHint().width() <= widget.width() + 1
        elif isinstance(widget, QScrollArea) and (content := widget.widget()) is not None:
            is_fixed = widget.horizontalScrollBarPolicy() is Qt.ScrollBarPolicy.ScrollBarAlwaysOff
            text, fits = "content", not is_fixed or content.width() <= widget.viewport().width() + 1
        if not fits or (text and lies_outside(widget)):
            found.add(f"{type(widget).__name__} {widget.objectName()}: {text!r} in {widget.width()}")
    return found


def lies_outside(widget: QWidget) -> bool:
    """Returns whether a part of the widget lies outside a parent that does not scroll, and so cannot be seen."""
    area, shown = widget.rect(), widget
    while not shown.isWindow() and (parent := shown.parentWidget()) is not None:
        area = area.translated(shown.pos())
        if isinstance(parent.parentWidget(), QAbstractScrollArea):
            return False
        if not parent.rect().adjusted(-1, -1, 1, 1).contains(area):
            return True
        shown = parent
    return False


@pytest.fixture
def opened(open_window: Opener, qapp: QApplication) -> Iterator[Opened]:
    follow_language(qapp)
    yield open_window()
    qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


def check(root: QWidget, place: str = "") -> None:
    root.show()
    for _ in range(3):  # a layout may change what is in it, and so another one
        QApplication.processEvents()
    patience = QDeadlineTimer(LONGEST_MS // 10)
    while cut(root) and not patience.hasExpired():  # what is read in the background may still change it
        QTest.qWait(10)
    language = current()
    assert language != PSEUDO_LANGUAGE or in_english(root) == set(), place
    assert cut(root) == set(), place


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("page", ["create", "gallery", "noise", "models", "grid"])
def test_pages(opened: Opened, page: str, size: tuple[int, int]) -> None:
    opened.window.setMinimumSize(1, 1)  # as it is on a scaled screen
    opened.window.resize(*size)
    contents = opened.window.contents
    contents.places.show_page(getattr(contents, page))
    widget = getattr(contents, page).widget
    if isinstance(widget, CreatePage):
        widget.left.folds.open(tuple(widget.left.folds.chips))
    check(opened.window)
    assert opened.window.size() == QSize(*size)


def test_create_needs_no_scrolling_in_a_small_window(opened: Opened) -> None:
    opened.window.resize(1024, 700)
    left = opened.window.contents.create_page.left
    check(opened.window)
    area = left.findChild(QScrollArea)
    assert area is not None
    assert left.width() == LEFT_PX
    assert area.verticalScrollBar().maximum() == 0


@pytest.mark.parametrize("size", SIZES)
def test_create_with_pictures(opened: Opened, qtbot: QtBot, size: tuple[int, int]) -> None:
    opened.window.setMinimumSize(1, 1)
    opened.window.resize(*size)
    session, create = opened.window.session, opened.window.contents.create_page
    for prompt in ("a red house", "a red house by the sea"):
        session.edit(prompt=prompt)
        session.generate()
        wait_until_idle(opened, qtbot)
    recipe = session.progress.film
    assert recipe is not None
    create.recipe_card.show_recipe(fakes.image(recipe, "final", 20).recipe)
    check(opened.window)


def test_preferences(opened: Opened) -> None:
    opened.window.contents.preferences.open()
    dialog = opened.window.findChild(PreferencesDialog)
    assert dialog is not None
    pages = dialog.findChildren(Page)
    assert len(pages) > 5
    for page in pages:
        dialog.show_page(page.objectName())
        check(dialog)


@pytest.mark.parametrize("name", VIEWS)
def test_views(qtbot: QtBot, qapp: QApplication, name: str) -> None:
    follow_language(qapp)
    panel = FilmPanel()
    qtbot.addWidget(panel)
    panel.resize(800, 420)
    panel.show_film(synthetic_film.film(steps=6))
    panel.open_views((name,))
    check(panel)
    qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


@pytest.mark.parametrize("size", SIZES)
def test_tour(opened: Opened, size: tuple[int, int]) -> None:
    opened.window.setMinimumSize(1, 1)
    opened.window.resize(*size)
    tour = opened.window.findChild(Tour)
    assert tour is not None
    tour.begin()
    button = opened.child("nextTourButton")
    assert isinstance(button, QAbstractButton)
    for _ in STEPS:
        check(opened.window)
        button.click()


def test_dialogs(opened: Opened) -> None:
    opened.window.resize(*SIZES[1])
    for name, make in DIALOGS.items():
        dialog = make(opened)
        check(dialog, name)
        if dialog.isWindow():
            dialog.resize(dialog.width(), LOWEST_PX)
            check(dialog, f"{name} in a low window")
            assert dialog.height() <= LOWEST_PX, name
        dialog.close()


def test_every_dialog_is_walked(opened: Opened) -> None:
    root = Path(__file__).parents[3] / "app"
    sources = [path.read_text("utf-8") for path in root.rglob("*.py")]
    dialogs = {name for text in sources for name in re.findall(r"^class (\w+Dialog)\(\w*Dialog\)", text, re.M)}
    walked = {type(make(opened)).__name__ for make in DIALOGS.values()}
    assert dialogs - walked == {"FilterDialog", "PreferencesDialog"}  # a base class, and the test above
