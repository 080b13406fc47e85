"""The preview of an export plays what will be written."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.film.export_choices import ExportChoices
from app.film.export_preview import MOST_FRAMES, ExportPreview, sampled
from app.session.background import BackgroundTasks
from tests import synthetic_film


def test_a_long_film_is_shown_by_some_of_its_steps() -> None:
    frames = synthetic_film.film(150).frames
    shown = sampled(frames)
    assert (len(shown), shown[0], shown[-1]) == (MOST_FRAMES, frames[0], frames[-1])
    assert sampled(frames[:3]) == frames[:3]


def test_pictures_fit_and_later_choices_replace_earlier_ones(qtbot: QtBot, background: BackgroundTasks) -> None:
    preview = ExportPreview(background)
    qtbot.addWidget(preview)
    preview.setFixedSize(200, 100)
    film = synthetic_film.film(3)
    preview.show_export(film, ExportChoices(views=("denoised", "noisy")))
    preview.show_export(film, ExportChoices(views=("denoised",), has_captions=False))
    qtbot.waitUntil(lambda: len(preview.images) == 3)
    assert {image.size().toTuple() for image in preview.images} == {(100, 100)}
    preview.leave()
    assert not preview.images
