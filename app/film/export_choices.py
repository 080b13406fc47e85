"""The user's choices at the last export of a film, kept between starts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from core.film.film import Frame
from core.film_export.export import FRAME_MS, HOLD_MS, ExportOptions
from core.film_export.formats import FORMATS
from core.film_export.pictures import PICTURES
from core.measures.pacing import even_motion

WIDTHS_PX = (256, 512, 768, 1024, 2048)


@dataclass(frozen=True, slots=True)
class ExportChoices:
    """Attributes:
    views: keys of `core.film_export.pictures.PICTURES`, side by side in this order.
    is_decoded: latents by the autoencoder, not by the linear map.
    width_px: of each view; None for as wide as the pictures are.
    is_motion_even: steps that change much are shown longer (`core.measures.pacing`).
    goes_back: plays there and back.
    """

    format: str = "mp4"
    views: tuple[str, ...] = ("denoised",)
    is_decoded: bool = True
    frame_ms: int = 120
    hold_ms: int = 1500
    has_captions: bool = True
    width_px: int | None = 512
    is_motion_even: bool = True
    goes_back: bool = False

    def options(self, path: Path, frames: Sequence[Frame] = ()) -> ExportOptions:
        """Returns the settings for a file with these frames; without any, as far as they do not depend on them."""
        pace = even_motion([frame.denoised for frame in frames]) if frames and self.is_motion_even else ()
        width_px = None if self.width_px is None else self.width_px * len(self.views)
        timing = self.frame_ms, self.hold_ms
        return ExportOptions(path, self.format, *timing, self.has_captions, width_px, pace, self.goes_back)

    def to_text(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> ExportChoices:
        """Reads the text of `to_text`; any other text gives the default."""
        try:
            content = cast("dict[str, Any]", json.loads(text))
            content["views"] = tuple(content["views"])
            choices = cls(**content)
            is_known = choices.format in FORMATS and bool(choices.views) and set(choices.views) <= set(PICTURES)
            is_possible = choices.frame_ms in FRAME_MS and choices.hold_ms in HOLD_MS
            return choices if is_known and is_possible and choices.width_px in (None, *WIDTHS_PX) else cls()
        except (ValueError, KeyError, TypeError):
            return cls()
