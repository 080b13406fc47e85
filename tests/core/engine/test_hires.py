"""Hires fix: two passes in one run and one film, exact wherever it is stopped, rebuilt or branched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from safetensors.torch import save_file

from core.engine.engine import Engine
from core.engine.upscaling.enlarging import Enlarger
from core.errors import FilmBroken, OutOfMemory, UpscalerMissing
from core.film.film import Film
from core.film.reader import SUFFIX, read_recording
from core.film.writer import FilmWriter
from core.models.catalogue import Catalogue
from core.request.hires import LANCZOS, LATENT_MODES, Hires
from core.request.request import GenerationRequest, Size, Upscaler
from core.request.samplers import SAMPLERS
from core.runs.branch import Branch
from core.runs.events import Loading, Phase, SecondPassLeftOut, Started, Stepped
from core.runs.operations import (
    Decode,
    Generate,
    GenerateBranch,
    OpenFilm,
    RenderFrame,
    Resume,
    result_of,
)
from core.runs.recorder import FilmRecorder
from tests.core.engine.test_branching import REQUEST as ONE_PASS
from tests.core.engine.test_branching import assert_same_frames, on_disk, ready
from tests.tiny_upscalers import compact

HIRES = Hires(scale=2.0, strength=0.5, steps=3)
REQUEST = replace(ONE_PASS, model="tiny", hires=HIRES)
NETWORK = "tiny-x4"


@pytest.fixture(scope="module")
def enlarging_models(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("with upscalers")
    (folder / "upscale_models").mkdir()
    save_file(compact(), folder / "upscale_models" / f"{NETWORK}.safetensors")
    for model in models.iterdir():
        (folder / model.name).symlink_to(model, target_is_directory=True)
    return folder


@pytest.fixture
def engine(enlarging_models: Path) -> Engine:
    return Engine(Catalogue((enlarging_models,)), device="cpu", dtype="float32")


@pytest.fixture(scope="module")
def whole(enlarging_models: Path) -> Film:
    engine = Engine(Catalogue((enlarging_models,)), device="cpu", dtype="float32")
    return ready(list(engine.run(Generate(REQUEST)))).film


def made(engine: Engine, request: GenerationRequest) -> tuple[Any, Film]:
    last = ready(list(engine.run(Generate(request))))
    return last.image.pixels, last.film


def begun(film: Film, calls: int) -> Film:
    return replace(film, frames=film.frames[:calls])


def test_the_first_pass_is_that_of_a_run_without_a_second(engine: Engine, whole: Film) -> None:
    _, alone = made(engine, replace(REQUEST, hires=None))
    assert whole.second is not None
    assert whole.second.first_call == alone.schedule.calls
    assert_same_frames(replace(whole, frames=whole.frames[: alone.schedule.calls]), alone)
    assert [frame.step for frame in whole.frames] == list(range(8))
    assert whole.frames[-1].noisy.shape[1:] == tuple(2 * side for side in whole.frames[0].noisy.shape[1:])


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("upscaler", ["Latent", LANCZOS])
def test_a_film_is_rebuilt_and_taken_up_in_either_pass_bit_for_bit(
    sampler: str, upscaler: str, engine: Engine, tmp_path: Path
) -> None:
    """The second pass has another sampler than the first, so that both are gone through with each."""
    other = next(key for key in SAMPLERS if key != sampler)
    hires = replace(HIRES, sampler=sampler, upscaler=upscaler)
    whole = ready(list(engine.run(Generate(replace(REQUEST, sampler=other, hires=hires)))))
    film = result_of(engine, OpenFilm(on_disk(whole.film, tmp_path))).film
    assert_same_frames(film, whole.film)
    assert film.second is not None
    for call in (2, film.second.first_call, film.second.first_call + 1, len(film.frames)):
        again = ready(list(engine.run(GenerateBranch(Branch(film, call, film.request)))))
        assert np.array_equal(again.image.pixels, whole.image.pixels)
        assert again.image.recipe.parent is None


@pytest.mark.parametrize("written", [1, 4, 5, 6, 7])
@pytest.mark.parametrize("upscaler", ["Latent (bicubic)", NETWORK])
def test_a_run_killed_in_either_pass_is_resumed_to_the_same_picture(
    written: int, upscaler: str, engine: Engine, tmp_path: Path
) -> None:
    whole = ready(list(engine.run(Generate(replace(REQUEST, hires=replace(HIRES, upscaler=upscaler))))))
    writer = FilmWriter(tmp_path / f"run{SUFFIX}", whole.film)
    for frame in whole.film.frames[:written]:
        writer.write(frame)
    writer.close()
    events = list(engine.run(Resume(writer.part_path, whole.film.request)))
    assert sum(isinstance(event, Stepped) for event in events) == 8 - written
    assert np.array_equal(ready(events).image.pixels, whole.image.pixels)
    with FilmWriter.resume(writer.part_path) as goes_on:
        for frame in ready(events).film.frames[written:]:
            goes_on.write(frame)
        goes_on.finish()
    assert_same_frames(result_of(engine, OpenFilm(tmp_path / f"run{SUFFIX}")).film, whole.film)


def test_a_second_pass_that_was_begun_needs_no_upscaler(engine: Engine, models: Path, tmp_path: Path) -> None:
    whole = ready(list(engine.run(Generate(replace(REQUEST, hires=replace(HIRES, upscaler=NETWORK))))))
    path = on_disk(whole.film, tmp_path)
    plain = Engine(Catalogue((models,)), device="cpu", dtype="float32")
    film = result_of(plain, OpenFilm(path)).film
    again = ready(list(plain.run(GenerateBranch(Branch(film, 6, film.request)))))
    assert np.array_equal(again.image.pixels, whole.image.pixels)
    with pytest.raises(UpscalerMissing):
        list(plain.run(GenerateBranch(Branch(film, 3, film.request))))
    with pytest.raises(UpscalerMissing) as told:
        list(plain.run(Generate(film.request)))
    assert {LANCZOS, *LATENT_MODES} <= {*told.value.known}


@pytest.mark.parametrize("calls", [2, 5, 6])
def test_a_stopped_film_is_trimmed_and_read_again(calls: int, whole: Film, tmp_path: Path) -> None:
    path = on_disk(replace(whole, frames=whole.frames[:calls]), tmp_path)
    recording = read_recording(path)
    assert len(recording.calls) == calls
    assert (recording.second_start is not None) is (calls > 5)
    assert path.stat().st_size < on_disk(whole, tmp_path / "whole").stat().st_size


def test_damage_in_the_start_of_the_second_pass_costs_that_pass_only(
    whole: Film, tmp_path: Path, expected_warnings: list[str]
) -> None:
    expected_warnings.append("call 5 of a film is damaged")
    path = on_disk(whole, tmp_path)
    content = bytearray(path.read_bytes())
    content[content.index(whole.frames[5].noisy.tobytes())] ^= 1
    path.write_bytes(bytes(content))
    assert len(read_recording(path).calls) == 5


@pytest.mark.parametrize(
    ("told", "becomes"),
    [
        ('\\"first_call\\":5', '\\"first_call\\":4'),
        ('\\"first_call\\":5', '\\"first_call\\":0'),
        ('\\"width\\":64', '\\"width\\":-4'),
        ('\\"width\\":64', '\\"width\\":99999'),
        ('\\"width\\":32', '\\"width\\":9999'),
        ('\\"second_pass\\"', '\\"second_pasta\\"'),
        ('\\"shape\\":[4,', '\\"shape\\":[5,'),
    ],
)
def test_a_film_that_lies_about_its_second_pass_is_refused(
    told: str, becomes: str, whole: Film, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = on_disk(whole, tmp_path)

    def any_checksum(*_: object) -> int:
        return int.from_bytes(b"any!")

    monkeypatch.setattr("core.film.reader.checksum", any_checksum)
    content = path.read_bytes()
    assert told.encode() in content
    begin = content.index(b'"checksum":"') + len(b'"checksum":"')
    content = content[:begin] + f"{int.from_bytes(b'any!'):08x}".encode() + content[begin + 8 :]
    path.write_bytes(content.replace(told.encode(), becomes.encode(), 1))
    with pytest.raises(FilmBroken):
        read_recording(path)


def test_a_film_of_one_pass_is_written_as_before(engine: Engine, tmp_path: Path) -> None:
    _, film = made(engine, replace(REQUEST, hires=None))
    header = on_disk(film, tmp_path).read_bytes()[:3000]
    assert b'"version":"1"' in header
    assert b"second_pass" not in header
    assert b"_2" not in header
    two = on_disk(made(engine, REQUEST)[1], tmp_path / "two").read_bytes()[:3000]
    assert b'"version":"2"' in two


def test_steps_of_both_passes_are_decoded_and_kept_in_their_sizes(engine: Engine, whole: Film) -> None:
    sizes = [result_of(engine, Decode(whole, whole.frames[call].denoised)).shape for call in (4, 5)]
    assert sizes == [(24, 32, 3), (48, 64, 3)]
    kept = ready(list(engine.run(RenderFrame(whole, whole.frames[6], "noisy")))).image
    assert kept.pixels.shape == (48, 64, 3)
    assert kept.recipe.step == 7


@pytest.mark.parametrize("steps", [0, 2])
def test_the_size_may_have_another_shape(steps: int, engine: Engine) -> None:
    hires = replace(HIRES, size=Size(48, 48), steps=steps)
    pixels, film = made(engine, replace(REQUEST, hires=hires))
    assert pixels.shape == (48, 48, 3)
    assert film.request.all_steps == 5 + (steps or 5) == len(film.frames)


def runs_out(monkeypatch: pytest.MonkeyPatch, from_width: int) -> None:
    """Lets memory run out wherever the network or the encoder gets something so wide."""
    call_network, encode = UNet2DConditionModel.forward, AutoencoderKL.encode

    def network(self: Any, sample: torch.Tensor, *rest: Any, **options: Any) -> Any:
        if sample.shape[-1] >= from_width:
            raise torch.OutOfMemoryError("no more")
        return call_network(self, sample, *rest, **options)

    def encoder(self: Any, x: torch.Tensor, *rest: Any, **options: Any) -> Any:
        if x.shape[-1] >= 4 * from_width:
            raise torch.OutOfMemoryError("no more")
        return encode(self, x, *rest, **options)

    monkeypatch.setattr(UNet2DConditionModel, "forward", network)
    monkeypatch.setattr(AutoencoderKL, "encode", encoder)


@pytest.mark.parametrize("upscaler", ["Latent", LANCZOS])
def test_where_memory_runs_out_in_the_second_pass_the_picture_is_that_of_the_first(
    upscaler: str, engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    request = replace(REQUEST, hires=replace(HIRES, upscaler=upscaler))
    alone, _ = made(engine, replace(request, hires=None))
    with monkeypatch.context() as scarce:
        runs_out(scarce, 16)
        recorder = FilmRecorder(lambda: tmp_path)
        events = list(recorder.record(engine.run(Generate(request))))
    assert any(isinstance(event, SecondPassLeftOut) for event in events)
    last = ready(events)
    assert np.array_equal(last.image.pixels, alone)
    assert last.image.recipe.request == replace(last.film.request, hires=None)
    assert (last.image.recipe.stage, last.image.recipe.step) == ("final", 5)
    assert len(last.film.frames) == 5
    # with more memory it goes on
    film = recorder.put_beside(last.film.run, tmp_path / "picture.png")
    assert film is not None
    again = ready(list(engine.run(Resume(film, request))))
    assert np.array_equal(again.image.pixels, made(engine, request)[0])


def test_the_first_picture_is_kept_also_of_a_run_that_was_taken_up_between_its_passes(
    engine: Engine, whole: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs_out(monkeypatch, 16)
    last = ready(list(engine.run(GenerateBranch(Branch(whole, 5, whole.request)))))
    assert last.image.pixels.shape == (24, 32, 3)
    assert_same_frames(last.film, begun(whole, 5))


def test_where_memory_runs_out_after_both_passes_the_first_picture_does_not_stand_in(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scarce(*_: object) -> torch.Tensor:
        raise torch.OutOfMemoryError("no more")

    monkeypatch.setattr(Enlarger, "call", scarce)
    with pytest.raises(OutOfMemory):
        list(engine.run(Generate(replace(REQUEST, upscaler=Upscaler(NETWORK)))))


def test_where_memory_runs_out_in_the_first_pass_nothing_is_made_up(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs_out(monkeypatch, 1)
    with pytest.raises(OutOfMemory):
        list(engine.run(Generate(REQUEST)))


def test_what_a_second_pass_does_is_told(engine: Engine) -> None:
    events = list(engine.run(Generate(replace(REQUEST, hires=replace(HIRES, upscaler=NETWORK)))))
    phases = [event.phase for event in events if isinstance(event, Loading)]
    assert phases[-3:] == [Phase.decoding, Phase.enlarging, Phase.decoding]
    assert sum(isinstance(event, Started) for event in events) == 1
    hires = ready(events).film.request.hires
    assert hires is not None
    assert len(hires.sha256) == 64
