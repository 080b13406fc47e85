"""The arithmetic of the grid."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect

from app.gallery.grid_layout import GAP_PX, HEADING_PX, MARGIN_PX, GridLayout
from core.gallery.query import Section

SECTIONS = (Section("2026-11-21", 0, 5), Section("2026-11-20", 5, 1), Section("2026-11-19", 6, 7))


def layout(count: int = 13, sections: tuple[Section, ...] = SECTIONS, width_px: int = 450) -> GridLayout:
    return GridLayout(count, sections, width_px, 128)


def test_cells_fill_the_width() -> None:
    grid = layout()
    assert grid.columns == 3
    right = grid.rect(2).right() + 1
    assert 450 - MARGIN_PX - grid.columns < right <= 450 - MARGIN_PX


def test_each_section_begins_a_line_below_its_heading() -> None:
    grid = layout()
    assert grid.rect(0).top() == HEADING_PX
    assert grid.rect(5).left() == MARGIN_PX
    assert grid.rect(5).top() == grid.rect(4).bottom() + 1 + GAP_PX + HEADING_PX


@pytest.mark.parametrize("row", range(13))
def test_the_row_at_a_cell_is_its_own(row: int) -> None:
    grid = layout()
    centre = grid.rect(row).center()
    assert grid.row_at(centre.x(), centre.y()) == row


def test_gaps_and_headings_belong_to_no_row() -> None:
    grid = layout()
    assert grid.row_at(MARGIN_PX, HEADING_PX // 2) is None
    assert grid.row_at(grid.rect(0).right() + GAP_PX // 2, grid.rect(0).center().y()) is None
    assert grid.row_at(grid.rect(5).right() + 2 * GAP_PX + 5, grid.rect(5).center().y()) is None


def test_an_area_finds_the_cells_it_touches() -> None:
    grid = layout()
    area = QRect(grid.rect(1).center(), grid.rect(5).center()).normalized()
    assert list(grid.rows_in(area)) == [0, 1, 3, 4, 5]


def test_down_and_up_keep_the_column_across_sections() -> None:
    grid = layout()
    assert grid.vertical_neighbour(1, 1) == 4
    assert grid.vertical_neighbour(2, 1) == 4
    assert grid.vertical_neighbour(4, 1) == 5
    assert grid.vertical_neighbour(5, 1) == 6
    assert grid.vertical_neighbour(7, -1) == 5
    assert grid.vertical_neighbour(12, 1) == 12
    assert grid.vertical_neighbour(0, -1) == 0


def test_a_million_pictures_cost_what_ten_do() -> None:
    grid = layout(1_000_000, ())
    last = grid.rect(999_999)
    assert grid.row_at(last.center().x(), last.center().y()) == 999_999
    assert len(grid.rows_between(last.top() - 400, last.bottom())) < 20


def test_nothing_has_no_height() -> None:
    grid = layout(0, ())
    assert grid.height_px == 0
    assert list(grid.rows_in(QRect(0, 0, 500, 500))) == []
