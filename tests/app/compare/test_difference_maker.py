"""The map of two pictures, made in the background."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.compare.difference_maker import DifferenceMaker, DifferenceMap, difference_map_of
from app.widgets.pixels import to_pixels
from tests.app.compare.conftest import MakePicture


@pytest.fixture
def maker(qtbot: QtBot) -> Iterator[DifferenceMaker]:
    maker = DifferenceMaker()
    yield maker
    maker.close()


def test_equal_pictures_are_black(make_picture: MakePicture) -> None:
    made = difference_map_of(make_picture(9).image, make_picture(9).image, None)
    assert made.difference.largest == 0
    assert to_pixels(made.image).max() <= 4


def test_the_end_of_the_scale_is_the_brightest_colour(make_picture: MakePicture) -> None:
    first, second = make_picture(0).image, make_picture(51).image
    fits = difference_map_of(first, second, None)
    assert fits.scale == 0.2
    assert tuple(to_pixels(fits.image)[0, 0]) == (250, 193, 39)
    half = to_pixels(difference_map_of(first, second, 0.5).image)[0, 0]
    assert half.sum() < to_pixels(fits.image)[0, 0].sum()


def test_a_preview_is_enlarged_to_the_size_of_a_decoded_picture(make_picture: MakePicture) -> None:
    made = difference_map_of(make_picture(5, factor=8).image, make_picture(5).image, None)
    assert made.image.width() == 64
    assert made.difference.largest == 0


def test_only_the_last_question_is_answered(
    qtbot: QtBot, maker: DifferenceMaker, make_picture: MakePicture
) -> None:
    answers: list[DifferenceMap] = []
    maker.made.connect(answers.append)
    for value in range(0, 255, 5):
        maker.ask(make_picture(0), make_picture(value), None)
    with qtbot.waitSignal(maker.made):
        maker.ask(make_picture(0), make_picture(255), None)
    assert [answer.difference.largest for answer in answers] == [pytest.approx(1)]


def test_what_was_withdrawn_is_not_answered(
    qtbot: QtBot, maker: DifferenceMaker, make_picture: MakePicture
) -> None:
    maker.ask(make_picture(0), make_picture(1), None)
    maker.withdraw()
    with qtbot.assertNotEmitted(maker.made, wait=100):
        maker.close()
