"""Labels on a sheet: words in one or a few lines of limited width."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from PIL import ImageDraw, ImageFont

SMALLEST_PX, LARGEST_PX = 11, 36
PART_OF_CELL = 12
MOST_LINES = 3
LONGEST = 200
"""Characters of a text that are looked at."""
_LINE = 1.25
_OTHER_SCRIPTS = ("NotoSansCJK-Regular.ttc", "msyh.ttc", "PingFang.ttc", "DejaVuSans.ttf", "Arial Unicode.ttf")
"""Fonts of the system for what the font that Pillow brings has no letters for: it has Latin ones only."""

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class Lettering:
    """Letters of one height in pixels."""

    px: int

    @classmethod
    def for_width(cls, cell_px: int) -> Lettering:
        """Returns letters that suit pictures of this width."""
        return cls(min(max(cell_px // PART_OF_CELL, SMALLEST_PX), LARGEST_PX))

    @property
    def line(self) -> int:
        """Returns the height of a line in pixels."""
        return round(self.px * _LINE)

    def width(self, text: str, most_px: int) -> int:
        """Returns the width in pixels that a text takes of at most ``most_px``."""
        font = self._font(text)
        return round(max(font.getlength(line) for line in self.lines(text, most_px)))

    def height(self, text: str, most_px: int) -> int:
        """Returns the height in pixels that a text takes in lines of at most ``most_px``."""
        return self.line * len(self.lines(text, most_px))

    def lines(self, text: str, most_px: int) -> list[str]:
        """Returns the text in at most `MOST_LINES` lines; what has no room is left out, and ends in dots."""
        font, lines = self._font(text), list[str]()
        for word in text[:LONGEST].split() or [""]:
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and font.getlength(longer) <= most_px:
                lines[-1] = longer
            else:
                lines.append(word)
        kept = lines[:MOST_LINES]
        if len(lines) > MOST_LINES or len(text) > LONGEST:
            kept[-1] += " …"
        return [_cut(line, font, most_px) for line in kept]

    def draw(
        self,
        pen: ImageDraw.ImageDraw,
        place: tuple[int, int],
        text: str,
        most_px: int,
        anchor: str,
        colour: tuple[int, int, int],
    ) -> None:
        """Draws a text at a place: ``l``, ``m`` or ``r`` of it across, ``m`` its middle or ``d`` its foot."""
        lines, font = self.lines(text, most_px), self._font(text)
        height = self.line * len(lines)
        top = place[1] - (height if anchor[1] == "d" else height // 2)
        for number, line in enumerate(lines):
            middle = top + self.line * number + self.line // 2
            pen.text((place[0], middle), line, fill=colour, font=font, anchor=f"{anchor[0]}m")

    def _font(self, text: str) -> Font:
        return _font(self.px, is_latin=all(ord(letter) < 0x250 or letter in "…–—’“”×" for letter in text))


@cache
def _font(px: int, *, is_latin: bool) -> Font:
    for name in () if is_latin else _OTHER_SCRIPTS:
        try:
            return ImageFont.truetype(name, px)
        except OSError:
            continue
    return ImageFont.load_default(px)


def _cut(line: str, font: Font, most_px: int) -> str:
    if font.getlength(line) <= most_px:
        return line
    while line and font.getlength(f"{line}…") > most_px:
        line = line[:-1]
    return f"{line}…"
