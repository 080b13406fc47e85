"""The requests by which the page asks the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pytestqt.qtbot import QtBot

from core.pictures.mask import save_mask
from core.request.request import GenerationRequest, Limits, Mask, Source
from core.request.settings import validate
from core.runs.events import Event
from core.runs.operations import EncodePicture, PredictOnce
from tests.app.windows import Opened, open_window, opened

__all__ = ["open_window", "opened"]

Answer = Callable[[Any], Iterator[Event]]


def test_the_mask_of_the_start_image_is_not_that_of_this_picture(
    opened: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    photo, mask = tmp_path / "photo.png", np.zeros((30, 50), np.uint8)
    Image.new("RGB", (50, 30)).save(photo)
    mask[10:20, 10:20] = 255
    opened.window.session.edit(source=Source(str(photo), 0.5), mask=Mask(str(save_mask(mask, tmp_path))))
    asked: dict[type[object], GenerationRequest] = {}
    for kind in (EncodePicture, PredictOnce):
        answer = opened.engine.answers[kind]

        def note(operation: EncodePicture | PredictOnce, answer: Answer = answer) -> Iterator[Event]:
            asked[type(operation)] = operation.request
            return answer(operation)

        opened.engine.answers[kind] = note
    contents = opened.window.contents
    contents.places.show_page(contents.noise)
    qtbot.waitUntil(contents.noise.widget.isVisible)
    contents.noise.widget.open(photo)
    qtbot.waitUntil(lambda: len(asked) == 2)
    for request in asked.values():
        validate(request, Limits())
        assert request.mask is None
