"""A run with a mask: the film shows the whole picture; it is rebuilt, resumed and branched to the bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.engine.engine import Engine
from core.engine.sampling.mask_blending import MASK
from core.errors import InvalidRequest, OutOfMemory, UnreadablePicture
from core.film.reader import SUFFIX
from core.film.writer import FilmWriter
from core.film_export.pictures import ExportFrame
from core.models.catalogue import Catalogue
from core.pictures.metadata import read_recipe
from core.pictures.saving import save_as
from core.request.request import GenerationRequest, Mask, Size, Source, Variation
from core.request.samplers import SAMPLERS
from core.runs.branch import Branch
from core.runs.events import Preview, PreviewMode, Stepped
from core.runs.operations import (
    Decode,
    Generate,
    GenerateBranch,
    OpenFilm,
    PreviewFilm,
    RenderFrame,
    Resume,
    result_of,
)
from tests.core.engine.test_branching import REQUEST, assert_same_frames, on_disk, ready
from tests.tiny_families import TINY_MODELS, smallest_request

WIDTH, HEIGHT = 61, 47
HOUSE = np.s_[20:33, 18:40]
HOW: dict[str, dict[str, Any]] = {
    "soft": {"softness": 5.0},
    "hard": {"softness": 0.0},
    "whole": {"area": "whole", "softness": 2.0},
    "noise": {"fill": "noise", "padding": 4},
}


@pytest.fixture
def request_(tmp_path: Path) -> GenerationRequest:
    return asked(tmp_path, REQUEST)


def asked(folder: Path, request: GenerationRequest, strength: float = 0.8, **how: Any) -> GenerationRequest:
    """Asks for a change of a part of a photo of odd size."""
    pixels = np.random.default_rng(4).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[HOUSE] = 255
    Image.fromarray(pixels).save(folder / "photo.png")
    Image.fromarray(mask).save(folder / "mask.png")
    source = Source(str(folder / "photo.png"), strength)
    return replace(request, source=source, mask=replace(Mask(str(folder / "mask.png")), **how))


def photo_of(request: GenerationRequest) -> np.ndarray:
    assert request.source is not None
    with Image.open(request.source.path) as opened:
        return np.asarray(opened)


def far_from_house(reach: int = 14) -> np.ndarray:
    far = np.ones((HEIGHT, WIDTH), bool)
    far[20 - reach : 33 + reach, max(0, 18 - reach) : 40 + reach] = False
    return far


@pytest.mark.parametrize(
    ("rows", "columns", "area", "around"),
    [((20, 28), (18, 26), "close", ""), ((20, 28), (0, WIDTH), "close", "x"), ((20, 28), (18, 26), "whole", "xy")],
)
def test_a_part_goes_around_only_along_whole_sides(
    engine: Engine, tmp_path: Path, rows: tuple[int, int], columns: tuple[int, int], area: str, around: str
) -> None:
    request = asked(tmp_path, REQUEST, area=area, padding=1, softness=0.0)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[slice(*rows), slice(*columns)] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    runs = {
        seamless: ready(list(engine.run(Generate(replace(request, seamless=seamless)))))
        for seamless in ("", "x", "xy")
    }
    same = {seamless for seamless in runs if np.array_equal(runs[seamless].image.pixels, runs["xy"].image.pixels)}
    assert same == {letters for letters in runs if "".join(sorted(set(letters) & set(around))) == around}
    film = result_of(engine, OpenFilm(on_disk(runs["xy"].film, tmp_path))).film
    plain = replace(film, request=replace(film.request, seamless=around), masked=None)
    first, second = (result_of(engine, Decode(each, film.frames[-1].denoised)) for each in (film, plain))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("how", HOW.values(), ids=HOW)
def test_only_the_masked_part_of_the_whole_picture_changes(
    how: dict[str, Any], engine: Engine, request_: GenerationRequest
) -> None:
    assert request_.mask is not None
    request = replace(request_, mask=replace(request_.mask, **how))
    image = ready(list(engine.run(Generate(request)))).image
    photo, far = photo_of(request), far_from_house()
    assert image.pixels.shape == photo.shape
    assert np.array_equal(image.pixels[far], photo[far])
    assert (image.pixels[HOUSE] != photo[HOUSE]).any(-1).mean() > 0.9
    assert image.request.mask is not None
    assert len(image.request.mask.sha256) == 64


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_soft_mask_is_rebuilt_resumed_and_branched_bit_for_bit(
    sampler: str, engine: Engine, request_: GenerationRequest, tmp_path: Path
) -> None:
    whole = ready(list(engine.run(Generate(replace(request_, sampler=sampler)))))
    cells = whole.film.extras[MASK]
    assert ((cells > 0) & (cells < 1)).any()
    writer = FilmWriter(tmp_path / f"cut{SUFFIX}", whole.film)
    for frame in whole.film.frames[:2]:
        writer.write(frame)
    writer.close()  # no `finish`: the process has died
    film = result_of(engine, OpenFilm(on_disk(whole.film, tmp_path))).film
    assert_same_frames(film, whole.film)
    resumed = ready(list(engine.run(Resume(writer.part_path, whole.film.request))))
    branched = ready(list(engine.run(GenerateBranch(Branch(film, 2, film.request)))))
    for again in (resumed, branched):
        assert_same_frames(again.film, whole.film)
        assert np.array_equal(again.image.pixels, whole.image.pixels)


@pytest.mark.parametrize(
    "changes", [{"prompt": "a blue boat"}, {"sampler": "heun"}, {"guidance_scale": 7.0}], ids=str
)
def test_a_branch_changes_the_inside_and_keeps_the_rest(
    changes: dict[str, Any], engine: Engine, request_: GenerationRequest, tmp_path: Path
) -> None:
    film = ready(list(engine.run(Generate(request_)))).film
    branched = ready(list(engine.run(GenerateBranch(Branch(film, 2, replace(film.request, **changes))))))
    parent = ready(list(engine.run(GenerateBranch(Branch(film, 2, film.request)))))
    photo, far = photo_of(request_), far_from_house()
    assert np.array_equal(branched.image.pixels[far], photo[far])
    assert not np.array_equal(branched.image.pixels[HOUSE], parent.image.pixels[HOUSE])
    assert branched.film.request.mask == film.request.mask
    opened = result_of(engine, OpenFilm(on_disk(branched.film, tmp_path))).film
    assert_same_frames(opened, branched.film)


@pytest.mark.parametrize("variation", [None, Variation(0.4, 9), Variation(size=Size(65, 70))])
def test_a_place_of_half_strength_is_free_in_the_second_half(
    variation: Variation | None, engine: Engine, tmp_path: Path
) -> None:
    """A plain second computation: at each call, what is kept is the source with the level's noise, else free."""
    varied = replace(REQUEST, steps=10, variation=variation)
    request = asked(tmp_path, varied, strength=1.0, softness=5.0)
    film = ready(list(engine.run(Generate(request)))).film
    assert_same_frames(result_of(engine, OpenFilm(on_disk(film, tmp_path))).film, film)
    cells, kept = film.extras[MASK][0], film.extras["source"]
    shares = film.schedule.timesteps / film.schedule.timesteps[0]
    alphas: np.ndarray = 1 / np.sqrt(1 + film.schedule.sigmas**2)
    noise = film.frames[0].noisy  # the run begins with nothing else
    for frame, share, alpha in list(zip(film.frames, shares, alphas, strict=True))[1:]:
        is_free = (cells > 0) & (cells >= share)
        expected = alpha * kept + np.sqrt(1 - alpha**2) * noise
        same: np.ndarray = np.abs(frame.noisy - expected).max(axis=0) < 1e-3
        assert same[~is_free].all()
        assert not same[is_free].all()
    assert {int((cells >= share).sum()) for share in shares} != {int((cells >= 1).sum())}


def test_the_film_shows_the_whole_picture_at_each_step(
    engine: Engine, request_: GenerationRequest, tmp_path: Path
) -> None:
    events = list(engine.run(Generate(request_, previews=PreviewMode.every_step)))
    whole, photo, far = ready(events), photo_of(request_), far_from_house()
    previews = [event.preview for event in events if isinstance(event, Stepped)]
    assert all(isinstance(preview, Preview) for preview in previews)
    assert all(np.array_equal(preview.pixels[far], photo[far]) for preview in previews)
    path = on_disk(whole.film, tmp_path)
    film = result_of(engine, OpenFilm(path)).film
    assert film.masked is not None
    frame = film.frames[1]
    shown = [film.picture(frame.denoised), *result_of(engine, PreviewFilm(path))]
    shown += [
        result_of(engine, ExportFrame(film, frame, ["denoised"], is_decoded)).picture
        for is_decoded in (True, False)
    ]
    shown.append(ready(list(engine.run(RenderFrame(film, frame, "denoised")))).image.pixels)
    for pixels in shown:
        assert np.array_equal(pixels[far], photo[far])
    assert not np.array_equal(shown[0][HOUSE], photo[HOUSE])


def test_without_its_pictures_a_film_shows_the_part_and_says_what_it_lacks(
    engine: Engine, request_: GenerationRequest, tmp_path: Path
) -> None:
    whole = ready(list(engine.run(Generate(request_)))).film
    (tmp_path / "pictures" / "of a day").mkdir(parents=True)
    path = on_disk(whole, tmp_path / "pictures" / "of a day")
    film = result_of(engine, OpenFilm(path)).film
    assert_same_frames(film, whole)
    assert film.picture(film.frames[0].denoised).shape[:2] == film.frames[0].denoised.shape[1:]
    with pytest.raises(UnreadablePicture, match="place of this source picture"):
        list(engine.run(GenerateBranch(Branch(film, 2, film.request))))


def test_ten_edits_after_one_another_leave_the_rest_as_it_was(engine: Engine, tmp_path: Path) -> None:
    request = asked(tmp_path, replace(REQUEST, steps=2), softness=2.0)
    photo, far, path = photo_of(request), far_from_house(6), tmp_path
    for number in range(10):
        image = ready(list(engine.run(Generate(replace(request, seed=number))))).image
        path = tmp_path / f"edit {number}.png"
        save_as(image, path)
        request = replace(request, source=Source(str(path), 0.8))
    with Image.open(path) as opened:
        last = np.asarray(opened)
    assert np.array_equal(last[far], photo[far])
    assert not np.array_equal(last[HOUSE], photo[HOUSE])
    recipe = read_recipe(path)
    assert recipe.request.mask is not None
    assert recipe.request.mask.path == "mask.png"


def test_the_recipe_makes_the_picture_again_where_its_files_are(
    engine: Engine, request_: GenerationRequest, tmp_path: Path
) -> None:
    first = ready(list(engine.run(Generate(request_)))).image
    save_as(first, tmp_path / "a.png")
    told = read_recipe(tmp_path / "a.png").request
    assert told.mask is not None
    assert told.source is not None
    here = replace(
        told,
        source=replace(told.source, path=str(tmp_path / told.source.path)),
        mask=replace(told.mask, path=str(tmp_path / told.mask.path)),
    )
    assert np.array_equal(ready(list(engine.run(Generate(here)))).image.pixels, first.pixels)
    Image.new("L", (WIDTH, HEIGHT), 255).save(tmp_path / "mask.png")
    with pytest.raises(UnreadablePicture, match="mask has changed"):
        list(engine.run(Generate(here)))


@pytest.mark.parametrize("name", TINY_MODELS)
def test_every_family_changes_the_masked_part_alone(name: str, one_of_each: Path, tmp_path: Path) -> None:
    catalogue = Catalogue((one_of_each,))
    engine = Engine(catalogue, "cpu", "float32", collect=lambda: None)
    request = asked(tmp_path, smallest_request(catalogue.find(name)), strength=0.9, softness=4.0)
    whole = ready(list(engine.run(Generate(request))))
    photo, far = photo_of(request), far_from_house()
    assert np.array_equal(whole.image.pixels[far], photo[far])
    assert not np.array_equal(whole.image.pixels[HOUSE], photo[HOUSE])
    film = result_of(engine, OpenFilm(on_disk(whole.film, tmp_path))).film
    assert_same_frames(film, whole.film)
    engine.close()


def test_a_mask_without_a_picture_is_refused(engine: Engine, request_: GenerationRequest) -> None:
    with pytest.raises(InvalidRequest, match="a picture that it is a mask of"):
        list(engine.run(Generate(replace(request_, source=None))))


@pytest.mark.parametrize("place", ["core.engine.initial_state.read_masked_picture", "core.film.film.Film.pasted"])
def test_too_little_memory_for_the_picture_is_told(
    place: str, engine: Engine, request_: GenerationRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_out(*_arguments: object) -> None:
        raise MemoryError

    monkeypatch.setattr(place, run_out)
    with pytest.raises(OutOfMemory):
        list(engine.run(Generate(request_)))
    monkeypatch.undo()
    assert ready(list(engine.run(Generate(request_)))).image.pixels.shape == (HEIGHT, WIDTH, 3)
