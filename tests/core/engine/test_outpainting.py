"""A run that continues a picture beyond its edges: no seam; it is rebuilt, resumed and branched to the bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.engine.engine import Engine
from core.errors import OutOfMemory, UnreadablePicture
from core.film.reader import SUFFIX
from core.film.writer import FilmWriter
from core.models.catalogue import Catalogue
from core.pictures.metadata import read_recipe
from core.pictures.saving import save_as
from core.pictures.widening import margins_to, suited_size, suited_softness
from core.request.mask import Margins, Mask
from core.request.request import STARTER_MODEL, GenerationRequest, Size, Source
from core.runs.branch import Branch
from core.runs.changes import edited_picture
from core.runs.operations import Generate, GenerateBranch, OpenFilm, Resume, result_of
from tests import tiny
from tests.core.engine.test_branching import REQUEST, assert_same_frames, on_disk, ready
from tests.core.engine.test_inpainting import HEIGHT, WIDTH, photo_of
from tests.core.engine.test_inpainting import asked as asked_inside
from tests.tiny_families import smallest_request

MARGINS = Margins(19, 0, 40, 6)


def asked(
    folder: Path, request: GenerationRequest, strength: float = 1.0, *, is_painted: bool = False, **how: Any
) -> GenerationRequest:
    """Asks for a photo of odd size to become wider, and for a change within it if ``is_painted``."""
    inside = asked_inside(folder, request, strength)
    assert inside.mask is not None
    mask = Mask(inside.mask.path if is_painted else "", fill="surroundings", softness=3.0, margins=MARGINS)
    return replace(inside, mask=replace(mask, **how))


def old_part(pixels: np.ndarray, border: int = 0) -> np.ndarray:
    """Returns the old picture's place in the wider one, without so many pixels beside the new part."""
    rows = slice(0, HEIGHT - border)
    return pixels[rows, MARGINS.left + border : MARGINS.left + WIDTH - border]


@pytest.mark.parametrize("is_painted", [False, True], ids=["edges", "edges and inside"])
@pytest.mark.parametrize(("strength", "sampler"), [(1.0, "ddim"), (0.7, "euler_a"), (1.0, "dpmpp_2m_sde")])
def test_a_wider_picture_is_rebuilt_resumed_and_branched_bit_for_bit(
    strength: float, sampler: str, is_painted: bool, engine: Engine, tmp_path: Path
) -> None:
    request = asked(tmp_path, replace(REQUEST, sampler=sampler), strength, is_painted=is_painted)
    whole = ready(list(engine.run(Generate(request))))
    pixels, photo = whole.image.pixels, photo_of(request)
    assert pixels.shape[:2] == (HEIGHT + 6, WIDTH + 59)
    far = np.ones((HEIGHT, WIDTH), bool)
    if is_painted:
        far[10:43, 8:50] = False
    kept = far[: HEIGHT - 8, 8 : WIDTH - 8]
    assert np.array_equal(old_part(pixels, 8)[kept], photo[: HEIGHT - 8, 8 : WIDTH - 8][kept])
    assert is_painted != np.array_equal(old_part(pixels)[22:30, 20:38], photo[22:30, 20:38])
    writer = FilmWriter(tmp_path / f"cut{SUFFIX}", whole.film)
    for frame in whole.film.frames[:2]:
        writer.write(frame)
    writer.close()  # no `finish`: the process has died
    film = result_of(engine, OpenFilm(on_disk(whole.film, tmp_path))).film
    assert_same_frames(film, whole.film)
    assert film.whole_size == Size(WIDTH + 59, HEIGHT + 6)
    assert np.array_equal(old_part(film.picture(film.frames[0].denoised), 8)[kept], old_part(pixels, 8)[kept])
    resumed = ready(list(engine.run(Resume(writer.part_path, whole.film.request))))
    branched = ready(list(engine.run(GenerateBranch(Branch(film, 2, film.request)))))
    for again in (resumed, branched):
        assert_same_frames(again.film, whole.film)
        assert np.array_equal(again.image.pixels, pixels)


def test_another_branch_changes_the_new_part_alone(engine: Engine, tmp_path: Path) -> None:
    request = asked(tmp_path, REQUEST)
    film = ready(list(engine.run(Generate(request)))).film
    first, other = (
        ready(list(engine.run(GenerateBranch(Branch(film, 1, replace(film.request, **changes)))))).image.pixels
        for changes in ({}, {"prompt": "a blue boat", "guidance_scale": 7.0})
    )
    assert np.array_equal(old_part(first, 8), old_part(other, 8))
    assert (first[:, :19] != other[:, :19]).any()


def test_the_recipe_makes_it_again_and_what_changed_is_all_that_is_new(engine: Engine, tmp_path: Path) -> None:
    first = ready(list(engine.run(Generate(asked(tmp_path, REQUEST))))).image
    save_as(first, tmp_path / "a.png")
    told = read_recipe(tmp_path / "a.png").request
    assert told.source is not None
    assert told.mask is not None
    assert (told.mask.path, told.mask.margins) == ("", MARGINS)
    here = replace(told, source=replace(told.source, path=str(tmp_path / told.source.path)))
    assert np.array_equal(ready(list(engine.run(Generate(here)))).image.pixels, first.pixels)
    edited = edited_picture(tmp_path / "a.png", (tmp_path,))
    assert edited.mask[:, :19].min() == edited.mask[-6:].min() == edited.mask[:, -40:].min() == 255
    assert np.array_equal(edited.with_unchanged_kept().pixels[:, :19], first.pixels[:, :19])
    (tmp_path / "photo.png").write_bytes((tmp_path / "mask.png").read_bytes())
    with pytest.raises(UnreadablePicture, match="has changed since the recipe"):
        list(engine.run(Generate(here)))


@pytest.mark.parametrize("name", ["stable_diffusion_xl", "z_image", "chroma"])
def test_families_of_each_kind_continue_a_picture(name: str, one_of_each: Path, tmp_path: Path) -> None:
    catalogue = Catalogue((one_of_each,))
    engine = Engine(catalogue, "cpu", "float32", collect=lambda: None)
    request = asked(tmp_path, smallest_request(catalogue.find(name)))
    whole = ready(list(engine.run(Generate(request))))
    assert np.array_equal(
        old_part(whole.image.pixels, 8), old_part(np.pad(photo_of(request), ((0, 6), (19, 40), (0, 0))), 8)
    )
    assert whole.image.pixels[:, :19].std() > 0
    film = result_of(engine, OpenFilm(on_disk(whole.film, tmp_path))).film
    assert_same_frames(film, whole.film)
    engine.close()


def test_a_network_that_sees_masks_continues_a_picture(tmp_path: Path) -> None:
    tiny.stable_diffusion(tmp_path / "models" / "inpainting", in_channels=9)
    engine = Engine(Catalogue((tmp_path / "models",)), "cpu", "float32", collect=lambda: None)
    request = asked(tmp_path, replace(REQUEST, model="inpainting", sampler="euler_a"))
    whole = ready(list(engine.run(Generate(request))))
    film = result_of(engine, OpenFilm(on_disk(whole.film, tmp_path))).film
    assert_same_frames(film, whole.film)
    for call in (0, 2):
        again = ready(list(engine.run(GenerateBranch(Branch(film, call, film.request)))))
        assert np.array_equal(again.image.pixels, whole.image.pixels)
    engine.close()


@pytest.mark.parametrize("place", ["core.pictures.masked_picture.widened", "core.film.film.Film.pasted"])
def test_too_little_memory_for_the_wider_picture_is_told(
    place: str, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_out(*_arguments: object) -> None:
        raise MemoryError

    request = asked(tmp_path, REQUEST)
    monkeypatch.setattr(place, run_out)
    with pytest.raises(OutOfMemory):
        list(engine.run(Generate(request)))
    monkeypatch.undo()
    assert ready(list(engine.run(Generate(request)))).image.pixels.shape == (HEIGHT + 6, WIDTH + 59, 3)


SEAS: Sequence[tuple[str, int, str]] = (
    ("a lighthouse by the sea at sunset", 0, "middle"),
    ("a sailboat on the sea", 2, "middle"),
    ("a sailboat on the sea", 3, "left"),
    ("the sea at night", 1, "left"),
)


def test_a_sea_goes_on_to_twice_its_width_without_a_seam(tmp_path: Path) -> None:
    """The mean step from column to column is nowhere at the borders twice as large as within the old picture."""
    catalogue = Catalogue(())
    engine = Engine(catalogue, "cpu", "float32", collect=lambda: None)
    model = catalogue.find(STARTER_MODEL)
    for prompt, seed, anchor in SEAS:
        postcard = replace(model.defaults, prompt=prompt, seed=seed)
        path = tmp_path / f"{seed} {anchor}.png"
        save_as(ready(list(engine.run(Generate(postcard)))).image, path)
        size = postcard.size
        margins = margins_to(size, "2:1", anchor, model.limits.size_step)
        mask = Mask("", fill="surroundings", softness=suited_softness(size), margins=margins)
        worked = suited_size(size, margins, model.limits, size)
        request = replace(postcard, size=worked, seed=seed + 100, source=Source(str(path), 1.0), mask=mask)
        pixels = ready(list(engine.run(Generate(request)))).image.pixels.astype(float)
        assert pixels.shape == (128, 256, 3)
        steps = np.abs(np.diff(pixels, axis=1)).mean((0, 2))
        inside = steps[margins.left + 16 : margins.left + size.width - 16].max()
        borders = [margins.left - 1] * bool(margins.left) + [margins.left + size.width - 1] * bool(margins.right)
        for border in borders:
            assert steps[border - 12 : border + 13].max() < 2 * inside, (prompt, seed)
    engine.close()
