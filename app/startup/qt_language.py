"""Qt's own words, its numbers and the direction of the window, in the language of this process."""

from PySide6.QtCore import QLibraryInfo, QLocale, Qt, QTranslator
from PySide6.QtWidgets import QApplication

from core.language.words import current


def follow_language(application: QApplication) -> None:
    """Changes nothing in English."""
    language = current()
    if language is None:
        return
    QLocale.setDefault(QLocale(language.code))
    if language.is_right_to_left:
        application.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    translator = QTranslator(application)
    if translator.load(f"qtbase_{language.code}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        application.installTranslator(translator)
