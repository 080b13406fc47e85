"""The style sheet of the window, filled with a theme's colours."""

from string import Template

from app.widgets.colours import Colours

_TEMPLATE = Template("""
QWidget { color: $text; }
QMainWindow, QDialog, QMessageBox { background: $window; }
QToolTip { color: $text; background: $field; border: 1px solid $strong_line; padding: 4px 6px; }

QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }

QFrame[role="panel"], QWidget[role="panel"] { background: $panel; }
QFrame[role="card"] { background: $field; border: 1px solid $line; border-radius: 8px; }
QFrame[role="header"] { background: $window; border-bottom: 1px solid $line; }
QFrame[role="bar"] { border-radius: 8px; border: 1px solid $strong_line; background: $info_surface; }
QFrame[role="bar"][tone="error"] { background: $danger_surface; border-color: $danger; }
QFrame#loraMenu, QFrame#promptMenu, QFrame#maskToolPanel { background: $panel; border: 1px solid $strong_line; }
QFrame[role="floating"] { background: $panel; border: 1px solid $line; border-radius: 8px; }
QFrame[frameShape="4"] { color: $line; }

QLabel { background: transparent; }
QLabel[role="title"] { font-weight: 600; }
QLabel[role="heading"] { font-size: ${large}pt; font-weight: 600; }
QLabel[role="caption"] { color: $muted; font-size: ${small}pt; }
QLabel[role="hint"] { color: $muted; font-size: ${small}pt; }
QLabel[role="number"] { color: $muted; }
QLabel[tone="error"] { color: $danger; }
QLabel:disabled { color: $disabled; }

QMenuBar { background: $window; padding: 2px 4px; }
QMenuBar::item { padding: 4px 10px; border-radius: 6px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $panel; border: 1px solid $strong_line; padding: 4px; }
QMenu::item { padding: 6px 28px 6px 12px; border-radius: 4px; }
QMenu::item:selected { background: $hover; }
QMenu::item:disabled { color: $disabled; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QMenu::icon { padding-left: 8px; }
QMenu::indicator { width: 14px; height: 14px; margin-left: 6px; }
QMenu::indicator:checked { image: url(icons:tick.svg); }

QPushButton, QToolButton { background: $field; border: 1px solid $strong_line; border-radius: 6px;
    padding: 5px 12px; }
QPushButton { min-height: 20px; }
QToolButton { padding: 5px; }
QPushButton:hover, QToolButton:hover { background: $hover; }
QPushButton:pressed, QToolButton:pressed { background: $line; }
QPushButton:checked, QToolButton:checked { background: $selection; border-color: $accent; }
QPushButton:focus, QToolButton:focus { border: 2px solid $accent; padding: 4px 11px; }
QToolButton:focus { padding: 4px; }
QPushButton:disabled, QToolButton:disabled { color: $disabled; border-color: $line; background: transparent; }
QToolButton::menu-indicator { image: none; }
QPushButton[kind="primary"], QPushButton#generateButton {
    background: $accent; border: 2px solid $accent; color: $on_accent; font-weight: 600;
    padding: 5px 12px; min-height: 24px; }
QPushButton[kind="primary"]:hover, QPushButton#generateButton:hover {
    background: $accent_hover; border-color: $accent_hover; }
QPushButton[kind="primary"]:pressed, QPushButton#generateButton:pressed {
    background: $accent_pressed; border-color: $accent_pressed; }
QPushButton[kind="primary"]:focus, QPushButton#generateButton:focus { border-color: $text; }
QPushButton[kind="primary"]:disabled, QPushButton#generateButton:disabled {
    background: $hover; border-color: $hover; color: $disabled; }
QPushButton[kind="quiet"], QToolButton[kind="quiet"] { background: transparent; border: 1px solid transparent; }
QPushButton[kind="quiet"]:hover, QToolButton[kind="quiet"]:hover { background: $hover; }
QPushButton[kind="quiet"]:checked, QToolButton[kind="quiet"]:checked { background: $hover; }
QPushButton[kind="quiet"]:focus, QToolButton[kind="quiet"]:focus { border: 2px solid $accent; }
QPushButton[kind="chip"] { border-radius: 10px; padding: 2px 9px; min-height: 16px; color: $muted;
    font-size: ${small}pt; }
QPushButton[kind="chip"]:hover { color: $text; }
QPushButton[kind="chip"]:focus { padding: 1px 8px; }
QPushButton[kind="place"] { background: transparent; border: none; border-bottom: 2px solid transparent;
    border-radius: 0; padding: 8px 12px; color: $muted; }
QPushButton[kind="place"]:hover { color: $text; }
QPushButton[kind="place"]:checked { color: $text; border-bottom: 2px solid $accent; font-weight: 600; }
QPushButton[kind="place"]:focus { background: $hover; }

QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QComboBox, QDateEdit {
    background: $field; border: 1px solid $strong_line; border-radius: 6px;
    padding: 4px 7px; selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QDateEdit { min-height: 20px; }
QLineEdit:hover, QPlainTextEdit:hover, QSpinBox:hover, QDoubleSpinBox:hover, QComboBox:hover,
QDateEdit:hover { border-color: $muted; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus,
QDateEdit:focus { border: 2px solid $accent; padding: 3px 6px; }
QLineEdit:disabled, QPlainTextEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled {
    color: $disabled; background: $panel; border-color: $line; }
QLineEdit[readOnly="true"], QPlainTextEdit[readOnly="true"] { background: $panel; }
QSpinBox QLineEdit, QDoubleSpinBox QLineEdit, QComboBox QLineEdit, QDateEdit QLineEdit {
    background: transparent; border: none; padding: 0; min-height: 0; }
QSpinBox, QDoubleSpinBox { min-height: 20px; max-height: 20px; }
QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button {
    subcontrol-origin: border; width: 20px; border: none; background: transparent; margin-right: 2px; }
QSpinBox::up-button, QDoubleSpinBox::up-button { subcontrol-position: top right; margin-top: 3px; }
QSpinBox::down-button, QDoubleSpinBox::down-button { subcontrol-position: bottom right; margin-bottom: 3px; }
QSpinBox::up-button:hover, QSpinBox::down-button:hover, QDoubleSpinBox::up-button:hover,
QDoubleSpinBox::down-button:hover { background: $hover; border-radius: 3px; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow { image: url(icons:chevron-up.svg); width: 10px; height: 10px; }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow { image: url(icons:chevron-down.svg); width: 10px; height: 10px; }
QComboBox::drop-down, QDateEdit::drop-down { border: none; width: 24px; }
QComboBox::down-arrow, QDateEdit::down-arrow { image: url(icons:chevron-down.svg); width: 12px; height: 12px; }
QComboBox { combobox-popup: 0; }
QComboBox QAbstractItemView, QListView#completionPopup {
    background: $panel; border: 1px solid $strong_line; outline: none;
    selection-background-color: $hover; selection-color: $text; }
QComboBox QAbstractItemView::item { padding: 4px 8px; }
QComboBox QAbstractItemView::item:selected { background: $hover; color: $text; }
QListView#completionPopup { padding: 4px; }

QCheckBox, QRadioButton { spacing: 8px; background: transparent; }
QCheckBox::indicator { width: 16px; height: 16px; border: 1px solid $strong_line; border-radius: 4px;
    background: $field; }
QCheckBox::indicator:hover { border-color: $muted; }
QCheckBox::indicator:focus { border: 2px solid $accent; width: 14px; height: 14px; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url(icons:check.svg); }
QCheckBox::indicator:checked:focus { border-color: $text; }
QCheckBox:disabled, QRadioButton:disabled { color: $disabled; }
QCheckBox::indicator:checked:disabled { background: $disabled; border-color: $disabled; }
QRadioButton::indicator { width: 16px; height: 16px; border: 1px solid $strong_line; border-radius: 9px;
    background: $field; }
QRadioButton::indicator:hover { border-color: $muted; }
QRadioButton::indicator:focus { border: 2px solid $accent; width: 14px; height: 14px; }
QRadioButton::indicator:checked { border: 5px solid $accent; width: 8px; height: 8px; }

QSlider:horizontal { min-height: 20px; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $strong_line; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal { width: 14px; height: 14px; margin: -6px 0; border-radius: 7px;
    background: $field; border: 1px solid $muted; }
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus { border: 2px solid $accent; }
QSlider:focus { border: none; }

QProgressBar { background: $line; border: none; border-radius: 2px; max-height: 4px; min-height: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }

QFrame[role="sheet"] { background: $canvas; }
QListWidget#contactSheetList::item { border: 3px solid transparent; border-radius: 8px; padding: 2px;
    color: $muted; }
QListWidget#contactSheetList::item:selected { border-color: $accent; background: $selection; color: $text; }
QListWidget#contactSheetList::item:focus { border-color: $muted; }
QListWidget#contactSheetList::item:selected:focus { border-color: $accent_hover; }

QTabWidget::pane { background: $panel; border: none; border-top: 1px solid $line; }
QTabBar::tab { background: transparent; border: none; border-bottom: 2px solid transparent; padding: 8px 12px;
    color: $muted; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:focus { background: $hover; }
QListWidget#preferencesList::item { padding: 7px 12px; border-radius: 6px; margin-bottom: 2px; }
QListWidget#preferencesList::item:hover { background: $hover; }
QListWidget#preferencesList::item:selected { background: $selection; color: $text; }
QListWidget#preferencesList::item:selected:focus { border: 1px solid $accent; padding: 6px 11px; }
QListWidget#modelFoldersList, QTreeWidget#shortcutsList, QTreeWidget#partsList {
    background: $field; border: 1px solid $strong_line; border-radius: 6px; padding: 4px; }
QListWidget#modelFoldersList::item { padding: 4px; }
QTreeWidget#shortcutsList::item, QTreeWidget#partsList::item { padding: 3px 4px; }
QListWidget#modelFoldersList::item:selected, QTreeWidget#shortcutsList::item:selected,
QTreeWidget#partsList::item:selected { background: $selection; color: $text; }

QScrollArea, QScrollArea > QWidget > QWidget[role="panel"] { border: none; background: transparent; }
QAbstractItemView { background: transparent; border: none; outline: none; }
QHeaderView, QTableCornerButton::section { background: transparent; border: none; }
QHeaderView::section { background: transparent; color: $muted; border: none; padding: 4px 8px;
    border-bottom: 1px solid $line; }
QScrollBar:vertical { width: 10px; background: transparent; margin: 0; }
QScrollBar:horizontal { height: 10px; background: transparent; margin: 0; }
QScrollBar::handle { background: $strong_line; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:disabled { background: transparent; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QSplitter::handle { background: $line; }
QSplitter::handle:hover { background: $accent; }
""")


def style_sheet(colours: Colours, font_size_pt: float) -> str:
    """Returns the style sheet; small and large text follow the system's font size."""
    values = {name: getattr(colours, name) for name in type(colours).__dataclass_fields__}
    values["small"] = f"{font_size_pt * 0.92:.1f}"
    values["large"] = f"{font_size_pt * 1.25:.1f}"
    return _TEMPLATE.substitute(values)
