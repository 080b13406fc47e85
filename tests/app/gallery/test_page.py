"""The gallery as its user sees it: pictures, groups, search, filters, empty states, and a choice that stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from app.gallery.filters import cleared
from app.gallery.grid import CELLS_PX
from app.gallery.page import GalleryPage
from app.session.settings_store import SettingsStore
from app.widgets.theme import LIGHT
from core.gallery.gallery import Gallery
from core.gallery.query import Group, Query, Sort
from tests.app.conftest import MakeSession
from tests.app.gallery.conftest import OpenGallery

AddPicture = Callable[..., Path]


def title_of(gallery: OpenGallery) -> str:
    label = gallery.page.empty.findChild(QLabel, "galleryEmptyTitle")
    assert label is not None
    return label.text()


def test_pictures_of_the_folder_are_there_newest_first_in_groups_of_days(
    gallery: OpenGallery, add_picture: AddPicture
) -> None:
    add_picture("a.png", "a red house", day=0)
    add_picture("b.png", "a blue boat", day=1)
    gallery.open()
    gallery.wait_for_rows(2)
    assert gallery.prompts() == ["a blue boat", "a red house"]
    assert [section.count for section in gallery.page.pictures.sections] == [1, 1]
    assert gallery.page.grid.isVisible()
    assert gallery.page.status.counts.text() == "2 pictures"


def test_the_scroll_bar_has_a_handle_only_where_pictures_are_out_of_sight(
    gallery: OpenGallery, add_picture: AddPicture
) -> None:
    add_picture("a.png")
    gallery.open()
    gallery.wait_for_rows(1)
    bar, grid = gallery.page.grid.verticalScrollBar(), gallery.page.grid
    assert bar.isVisible() and not bar.isEnabled()
    width = grid.viewport().width()
    gallery.page.resize(1000, 260)
    gallery.wait_for(bar.isEnabled)
    assert grid.viewport().width() == width


def test_an_empty_library_says_what_to_do(gallery: OpenGallery, qtbot: QtBot) -> None:
    gallery.open()
    gallery.wait_for(lambda: title_of(gallery) == "No pictures yet")
    with qtbot.waitSignal(gallery.commands.create_asked):
        gallery.click("emptyCreateButton")


def test_typing_searches_and_clearing_shows_all_again(
    gallery: OpenGallery, add_picture: AddPicture, qtbot: QtBot
) -> None:
    add_picture("a.png", "a red house")
    add_picture("b.png", "a blue boat", day=1)
    gallery.open()
    gallery.wait_for_rows(2)
    search = gallery.page.findChild(QLineEdit, "gallerySearchEdit")
    assert search is not None
    qtbot.keyClicks(search, "boa")
    gallery.wait_for_rows(1)
    assert gallery.prompts() == ["a blue boat"]
    assert gallery.page.status.counts.text() == "1 of 2 pictures"
    qtbot.keyClicks(search, "zzz")
    gallery.wait_for(lambda: title_of(gallery) == "Nothing matches" and gallery.page.empty.isVisible())
    gallery.click("emptyClearButton")
    gallery.wait_for_rows(2)
    assert search.text() == ""


def test_a_filter_has_a_chip_that_takes_it_away(gallery: OpenGallery, add_picture: AddPicture) -> None:
    add_picture("a.png", "a red house", seed=5)
    add_picture("b.png", "a blue boat", day=1, seed=6)
    gallery.open()
    gallery.wait_for_rows(2)
    gallery.page.filters.set_query(replace(gallery.page.filters.query, seed=5))
    gallery.wait_for_rows(1)
    gallery.page.filters.set_query(cleared(gallery.page.filters.query))
    gallery.wait_for_rows(2)


def test_a_choice_stays_when_pictures_come(gallery: OpenGallery, add_picture: AddPicture) -> None:
    add_picture("a.png", "a red house")
    gallery.open()
    gallery.wait_for_rows(1)
    gallery.choose(0)
    path = add_picture("b.png", "a blue boat", day=1)
    gallery.page.service.index(path)
    gallery.wait_for_rows(2)
    assert gallery.page.grid.selected_rows() == [1]
    assert gallery.page.grid.currentIndex().row() == 1


def test_a_damaged_picture_is_shown_as_one_that_cannot_be_read(
    gallery: OpenGallery, add_picture: AddPicture
) -> None:
    path = add_picture("a.png")
    path.write_bytes(b"no picture")
    gallery.open()
    gallery.wait_for_rows(1)
    gallery.wait_for(lambda: gallery.page.pictures.thumbnail(0) is not None)
    thumbnail = gallery.page.pictures.thumbnail(0)
    assert thumbnail is not None
    assert thumbnail.isNull()
    assert gallery.known(0).problem


def test_a_library_of_another_copy_of_the_program_can_be_read(
    gallery: OpenGallery, add_picture: AddPicture
) -> None:
    add_picture("a.png")
    with Gallery(gallery.folders, gallery.folders.pictures) as other:
        for _ in other.scan():
            pass
        gallery.open()
        gallery.wait_for_rows(1)
        assert gallery.page.messages.subjects() == ("failed",)


def test_a_damaged_index_is_made_anew_and_nothing_is_lost(gallery: OpenGallery, add_picture: AddPicture) -> None:
    for number in range(3):
        add_picture(f"{number}.png", day=number)
    with Gallery(gallery.folders, gallery.folders.pictures) as other:
        for _ in other.scan():
            pass
    index = gallery.page.index / "index.sqlite"
    content = bytearray(index.read_bytes())
    content[5000:20_000:7] = b"x" * len(content[5000:20_000:7])
    index.write_bytes(bytes(content))
    gallery.open()
    gallery.wait_for_rows(3)
    assert gallery.page.messages.subjects() == ()


def test_an_index_damaged_while_it_is_open_is_made_anew(gallery: OpenGallery, add_picture: AddPicture) -> None:
    for number in range(3):
        add_picture(f"{number}.png", day=number)
    gallery.open()
    gallery.wait_for_rows(3)
    index = gallery.page.index / "index.sqlite"
    index.with_name("index.sqlite-wal").write_bytes(b"")
    index.write_bytes(b"x" * index.stat().st_size)
    add_picture("new.png", day=9)
    gallery.page.service.scan()
    gallery.wait_for_rows(4)


def test_sizes_order_and_groups_are_remembered(
    gallery: OpenGallery, make_session: MakeSession, qtbot: QtBot
) -> None:
    gallery.open()
    gallery.page.filters.slider.setValue(CELLS_PX[3])
    gallery.page.filters.set_query(Query(text="house", sort=Sort.rating, group=Group.model))
    gallery.session.background.close()
    again = GalleryPage(make_session(), SettingsStore(gallery.folders), LIGHT)
    qtbot.addWidget(again)
    again.show()
    assert again.filters.query == Query(sort=Sort.rating, group=Group.model)
    assert again.filters.slider.value() == CELLS_PX[3]
