"""Days and moments in words, in the language of this process."""

from datetime import date, datetime

from PySide6.QtCore import QDate, QDateTime, QLocale

from core.language.words import current


def day_text(day: date) -> str:
    """Returns ``Friday, 27 November 2026``."""
    if current() is None:
        return f"{day:%A}, {day.day} {day:%B %Y}"
    return QLocale().toString(QDate(day.year, day.month, day.day), QLocale.FormatType.LongFormat)


def moment_text(moment: datetime) -> str:
    """Returns ``27 Nov 2026, 15:04``, in the time zone that the moment has."""
    if current() is None:
        return f"{moment:%d %b %Y, %H:%M}"
    local = QDateTime(moment.year, moment.month, moment.day, moment.hour, moment.minute, 0)
    return QLocale().toString(local, QLocale.FormatType.ShortFormat)
