"""The words of the bars in the gallery."""

from pathlib import Path

import pytest

from app.gallery.library_notices import marked_words
from core.gallery.gallery import Marked
from core.gallery.marks import Marks


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (Marks(rating=3), "Rating of 2 pictures"),
        (Marks(tags=("sea",)), "Tags of 2 pictures"),
        (Marks(note="both"), "Marks of 2 pictures"),
        (Marks(rating=3, tags=("sea",)), "Marks of 2 pictures"),
    ],
)
def test_it_is_told_which_marks_of_several_pictures_changed(now: Marks, words: str) -> None:
    paths = Path("a.png"), Path("b.png")
    marked = Marked((1, 2), dict.fromkeys(paths, Marks()), {paths[0]: Marks(), paths[1]: now})
    assert marked_words(marked).startswith(words)
