"""Text of the user inside a sentence of the program, whatever direction each is written in."""

import unicodedata


def isolated(text: str) -> str:
    """Returns the text for the middle of a sentence: in Unicode's isolates if a letter of it runs right to left.

    The quotes and commas around it then keep their place, and the text its own direction (UAX #9, 2.4.2).
    """
    is_mixed = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text)
    return f"\u2068{text}\u2069" if is_mixed else text
