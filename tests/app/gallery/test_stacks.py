from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMenu

from app.gallery.cell import stack_badge
from core.gallery.query import Group, LibraryPicture, Query, Sort
from core.pictures.picture import GeneratedImage
from core.pictures.saving import save_as
from core.recipes.recipe import Recipe
from tests.app.gallery.conftest import OpenGallery
from tests.pictures import generated_image


def add(gallery: OpenGallery, name: str, seed: int, **changes: str) -> None:
    image = generated_image(name, seed=seed)
    recipe: Recipe = replace(image.recipe, **{"run": name, "parent": None, **changes})  # pyright: ignore[reportArgumentType]
    save_as(GeneratedImage(image.pixels, recipe), gallery.folders.pictures / f"{name}.png")


@pytest.fixture
def stacked(gallery: OpenGallery) -> OpenGallery:
    """Row 0: a stack of three, row 1: one alone; by the file names."""
    for number in range(3):
        add(gallery, f"a{number}", 10 * number, batch="one")
    add(gallery, "b", 500)
    gallery.open()
    filters, answered = gallery.page.filters, list[Query]()
    gallery.page.view.answered.connect(answered.append)
    filters.set_query(replace(filters.query, group=Group.nothing, sort=Sort.file_name))
    gallery.wait_for(lambda: filters.query in answered)
    gallery.wait_for_rows(2)
    return gallery


def names(gallery: OpenGallery) -> list[str]:
    return [gallery.known(row).path.stem for row in range(gallery.page.pictures.rowCount())]


def chosen(gallery: OpenGallery) -> int:
    return len(gallery.page.selected_ids)


def click(gallery: OpenGallery, row: int) -> None:
    """On the number of a stack."""
    grid, pictures = gallery.page.grid, gallery.page.pictures
    place = stack_badge(grid.visualRect(pictures.index(row)).toRectF(), pictures.stack(row)).center().toPoint()
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_a_click_on_the_number_opens_a_stack_in_its_place_and_closes_it(stacked: OpenGallery) -> None:
    stacked.page.grid.setCurrentIndex(stacked.page.pictures.index(1))
    click(stacked, 0)
    stacked.wait_for_rows(4)
    assert names(stacked) == ["a0", "a1", "a2", "b"]
    assert stacked.page.grid.currentIndex().row() == 3
    click(stacked, 1)  # no cover: chooses the picture
    assert names(stacked) == ["a0", "a1", "a2", "b"]
    assert stacked.page.grid.selected_rows() == [1]
    click(stacked, 0)
    stacked.wait_for_rows(2)
    assert stacked.page.grid.selected_rows() == [0]


def test_the_card_behind_the_number_of_a_closed_stack_is_no_part_of_it(stacked: OpenGallery) -> None:
    grid = stacked.page.grid
    cell = grid.visualRect(stacked.page.pictures.index(0))
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=cell.topRight() + QPoint(-8, 20))
    assert names(stacked) == ["a0", "b"]
    assert grid.selected_rows() == [0]


def test_a_key_opens_and_closes_the_stack_of_any_of_its_pictures(stacked: OpenGallery) -> None:
    grid = stacked.page.grid
    grid.setCurrentIndex(stacked.page.pictures.index(1))
    QTest.keyClick(grid, Qt.Key.Key_S)
    assert names(stacked) == ["a0", "b"]
    grid.setCurrentIndex(stacked.page.pictures.index(0))
    QTest.keyClick(grid, Qt.Key.Key_S)
    stacked.wait_for_rows(4)
    assert chosen(stacked) == 1
    grid.setCurrentIndex(stacked.page.pictures.index(2))
    QTest.keyClick(grid, Qt.Key.Key_S)
    stacked.wait_for_rows(2)


def test_a_closed_stack_is_marked_deleted_and_brought_back_as_a_whole(stacked: OpenGallery) -> None:
    page = stacked.page
    page.grid.setCurrentIndex(page.pictures.index(0))
    assert chosen(stacked) == 3
    QTest.keyClick(page.grid, Qt.Key.Key_4)
    stacked.wait_for(lambda: "3 pictures" in stacked.commands.undo.stack.undoText())
    stacked.wait_for(lambda: all(one is not None and one.rating == 4 for one in _facts(stacked)))
    QTest.keyClick(page.grid, Qt.Key.Key_Delete)
    stacked.wait_for(lambda: page.view.total == 1)
    assert [path.name for path in stacked.folders.pictures.glob("*.png")] == ["b.png"]
    stacked.commands.undo.stack.undo()
    stacked.wait_for(lambda: page.view.total == 4)
    assert page.pictures.rowCount() == 2


def test_a_closed_stack_is_dragged_copied_and_told_as_a_whole(stacked: OpenGallery) -> None:
    page = stacked.page
    page.grid.setCurrentIndex(page.pictures.index(0))
    stacked.wait_for(lambda: all(one is not None for one in _facts(stacked)))
    assert len(page.pictures.mimeData([page.pictures.index(0)]).urls()) == 3
    titles = [label.accessibleName() or label.text() for label in page.inspector.findChildren(QLabel)]
    assert "Stack of 3 pictures" in titles
    assert "3 selected" in page.status.counts.text()
    words = page.pictures.data(page.pictures.index(0), Qt.ItemDataRole.AccessibleTextRole)
    assert words.startswith("Stack of 3 pictures")


def test_the_menu_tells_how_many_pictures_it_is_for(stacked: OpenGallery) -> None:
    page = stacked.page
    page.grid.setCurrentIndex(page.pictures.index(0))
    page.grid.customContextMenuRequested.emit(QPoint(20, 20))
    menu = next(menu for menu in stacked.window.findChildren(QMenu) if menu.isVisible())
    words = [action.text() for action in menu.actions()]
    assert "3 pictures" in words
    opening = next(action for action in menu.actions() if action.text().startswith("Open the stack"))
    opening.trigger()
    menu.close()
    stacked.wait_for_rows(4)


def test_a_picture_in_a_closed_stack_is_shown_when_it_is_asked_for(stacked: OpenGallery) -> None:
    number = _ids(stacked)[2]
    stacked.page.choose(number)
    stacked.wait_for_rows(4)
    assert stacked.page.selected_ids == (number,)


def test_without_stacks_all_are_shown_and_the_switch_is_remembered(stacked: OpenGallery) -> None:
    stacked.page.filters.stacks.click()
    stacked.wait_for_rows(4)
    stacked.session.background.closing_begun.emit()
    assert '"stacks":false' in stacked.settings_store.settings.gallery_layout


def test_an_open_stack_stays_open_when_a_picture_comes_in(stacked: OpenGallery) -> None:
    click(stacked, 0)
    stacked.wait_for_rows(4)
    add(stacked, "a9", 90, batch="one")
    stacked.page.service.index(stacked.folders.pictures / "a9.png")
    stacked.wait_for_rows(5)
    assert names(stacked) == ["a0", "a1", "a2", "a9", "b"]


def test_a_picture_that_was_chosen_by_itself_is_not_joined_by_others(stacked: OpenGallery) -> None:
    """Others of its request are made while it is chosen: what is deleted then is still this one."""
    stacked.page.grid.setCurrentIndex(stacked.page.pictures.index(1))
    (number,) = stacked.page.selected_ids
    add(stacked, "b", 500, batch="two")
    add(stacked, "b1", 600, batch="two")
    stacked.page.service.scan()
    stacked.wait_for_rows(3)
    assert names(stacked) == ["a0", "b", "b1"]
    assert stacked.page.selected_ids == (number,)


def test_a_closed_stack_stays_chosen_as_a_whole_when_a_picture_comes_in(stacked: OpenGallery) -> None:
    stacked.page.grid.setCurrentIndex(stacked.page.pictures.index(0))
    add(stacked, "a9", 90, batch="one")
    stacked.page.service.index(stacked.folders.pictures / "a9.png")
    stacked.wait_for(lambda: stacked.page.view.total == 5)
    stacked.wait_for_rows(2)
    assert names(stacked) == ["a0", "b"]
    stacked.wait_for(lambda: chosen(stacked) == 4)


def test_the_viewer_keeps_its_picture_when_another_becomes_the_cover(stacked: OpenGallery) -> None:
    """A key that is pressed then acts on the picture that is seen."""
    viewer, (number, *_) = stacked.commands.viewer, _ids(stacked)
    viewer.open(0)
    stacked.wait_for(lambda: viewer.canvas.shown is not None)
    add(stacked, "a", 90, batch="one")  # the first by its name
    stacked.page.service.index(stacked.folders.pictures / "a.png")
    stacked.wait_for(lambda: stacked.page.view.total == 5)
    stacked.wait_for(lambda: viewer.picture is not None)
    assert viewer.picture is not None and viewer.picture.id == number
    stacked.wait_for_rows(5)
    assert names(stacked) == ["a", "a0", "a1", "a2", "b"]
    viewer.close()
    assert stacked.page.selected_ids == (number,)


@pytest.mark.parametrize("text", ["a1", "a"])
def test_a_search_that_ends_chooses_no_more_than_before(stacked: OpenGallery, text: str) -> None:
    filters = stacked.page.filters
    everything = filters.query
    filters.set_query(replace(everything, text=text))
    stacked.wait_for_rows(1)
    stacked.page.grid.setCurrentIndex(stacked.page.pictures.index(0))
    before = stacked.page.selected_ids
    filters.set_query(everything)
    stacked.wait_for(lambda: stacked.page.pictures.count == 4)
    assert stacked.page.selected_ids == before


def _ids(gallery: OpenGallery) -> list[int]:
    return list(gallery.page.pictures.pictures_of(range(gallery.page.pictures.rowCount())))


def _facts(gallery: OpenGallery) -> list[LibraryPicture | None]:
    return [gallery.page.pictures.known(number) for number in gallery.page.selected_ids]
