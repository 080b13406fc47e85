"""Another autoencoder in the place of the model's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from safetensors.torch import save_file

from core.autoencoders.file import read_autoencoder
from core.engine import families
from core.engine.decoding import decoding
from core.engine.devices.device import plan
from core.engine.engine import Engine
from core.engine.loading import autoencoders
from core.engine.networks.processor_blocks import use_processor_layers
from core.engine.sampling.tensors import to_torch
from core.errors import AutoencoderMissing, ModelBroken, WrongAutoencoder
from core.models.catalogue import Catalogue
from core.models.memory_plan import Placement
from core.models.reading import read_model
from core.pictures.pixels import Pixels
from core.request.request import Autoencoder, GenerationRequest, Size
from core.runs.events import ImageReady, Loading, Phase, PreviewMode, Started, Stepped
from core.runs.operations import Decode, Generate, RenderFrame, result_of
from tests import original_names, tiny

REQUEST = GenerationRequest(
    "abc",
    negative_prompt="d",
    model="tiny",
    size=Size(64, 48),
    sampler="ddim",
    steps=3,
    guidance_scale=3.0,
    seed=5,
)
OTHER = Autoencoder("other")


def vae(seed: int = 9, **changes: Any) -> AutoencoderKL:
    torch.manual_seed(seed)
    return tiny.autoencoder(**changes)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models, and one autoencoder for them in every form that there is, with others that do not fit."""
    models = tmp_path_factory.mktemp("autoencoders") / "models"
    tiny.stable_diffusion(models / "tiny")
    tiny.stable_diffusion_xl(models / "tiny-xl")
    tiny.z_image(models / "tiny-z")
    library = models / "vae"
    vae().save_pretrained(library / "other")
    original_names.autoencoder(vae(), library / "ldm.safetensors")
    original_names.autoencoder(vae(), library / "ldm-in-model.safetensors", "first_stage_model.")
    save_file(dict(vae().state_dict()), library / "diffusers.safetensors")
    save_file(_old_names(vae().state_dict()), library / "old.safetensors")
    vae(10).save_pretrained(library / "third")
    vae(scaling_factor=0.13025).save_pretrained(library / "sdxl")
    original_names.autoencoder(vae(latent_channels=16), library / "flux.safetensors")
    return models


def _old_names(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    renamed = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    named = dict(weights)
    for new, old in renamed.items():
        named = {name.replace(f".{new}.", f".{old}."): value for name, value in named.items()}
    return named


@pytest.fixture
def engine(folder: Path) -> Engine:
    return Engine(Catalogue((folder,)), "cpu", "float32")


def run(engine: Engine, chosen: Autoencoder | None = OTHER, **changes: Any) -> ImageReady:
    *_, last = engine.run(Generate(replace(REQUEST, autoencoder=chosen, **changes)))
    assert isinstance(last, ImageReady)
    return last


@torch.inference_mode()
def decoded(module: AutoencoderKL, latent: Any) -> Pixels:
    """Decodes like the stock pipelines, with convolutions as the engine's."""
    use_processor_layers(module)
    scaled = to_torch(latent, torch.device("cpu")) / module.config["scaling_factor"]
    return decoding.to_pixels(module.decode(scaled, return_dict=False)[0])


@pytest.mark.parametrize("name", ["other", "ldm", "ldm-in-model", "diffusers", "old", "ldm.safetensors"])
def test_the_picture_is_what_stock_diffusers_decodes_with_that_autoencoder(engine: Engine, name: str) -> None:
    ready = run(engine, Autoencoder(name), sampler="euler")
    last = ready.film.frames[-1].denoised  # what Euler ends with
    own = result_of(
        engine, Decode(replace(ready.film, request=replace(ready.film.request, autoencoder=None)), last)
    )
    assert np.array_equal(result_of(engine, Decode(ready.film, last)), decoded(vae(), last))
    assert np.abs(ready.image.pixels.astype(int) - decoded(vae(), last)).max() <= 1
    assert not np.array_equal(own, decoded(vae(), last))


@pytest.mark.parametrize("model", ["tiny-xl", "tiny-z"])
def test_each_family_takes_one(folder: Path, engine: Engine, model: str) -> None:
    config: dict[str, Any] = {"scaling_factor": 0.36, "shift_factor": 0.12} if model == "tiny-z" else {}
    path = folder.parent / f"for-{model}"
    vae(**config).save_pretrained(path)
    changes = {"model": model, "sampler": "euler", "size": Size(256, 256), "steps": 1}
    before = run(engine, None, **changes).image.pixels
    after = run(engine, Autoencoder(str(path)), **changes).image.pixels
    assert not np.array_equal(before, after)
    assert np.array_equal(run(engine, None, **changes).image.pixels, before)


def test_the_model_is_not_loaded_again(engine: Engine) -> None:
    run(engine, None)
    events = list(engine.run(Generate(replace(REQUEST, autoencoder=OTHER))))
    assert Loading(Phase.loading_model) not in events
    assert Loading(Phase.reading_prompt) not in events


def test_the_steps_are_the_same_and_the_models_own_gives_the_first_picture_again(engine: Engine) -> None:
    own, other = run(engine, None), run(engine)
    assert np.array_equal(own.film.frames[-1].denoised, other.film.frames[-1].denoised)
    assert not np.array_equal(own.image.pixels, other.image.pixels)
    assert np.array_equal(run(engine, None).image.pixels, own.image.pixels)


def test_previews_and_kept_steps_are_of_the_chosen_one(engine: Engine) -> None:
    events = list(engine.run(Generate(replace(REQUEST, autoencoder=OTHER), PreviewMode.every_step)))
    for event in events:
        if isinstance(event, Stepped):
            assert np.array_equal(event.preview.pixels, decoded(vae(), event.frame.denoised))
    film = next(event.film for event in reversed(events) if isinstance(event, ImageReady))
    (kept,) = engine.run(RenderFrame(film, film.frames[0], "denoised"))
    assert isinstance(kept, ImageReady)
    assert np.array_equal(kept.image.pixels, decoded(vae(), film.frames[0].denoised))


def test_an_older_film_that_is_looked_at_meanwhile_changes_nothing(engine: Engine) -> None:
    older = run(engine, Autoencoder("third"))
    last = older.film.frames[-1].denoised
    seen = result_of(engine, Decode(older.film, last))
    expected = run(engine).image.pixels
    events = engine.run(Generate(replace(REQUEST, autoencoder=OTHER, count=2)))
    pictures: list[Pixels] = []
    for event in events:
        if isinstance(event, ImageReady):
            pictures.append(event.image.pixels)
        assert np.array_equal(result_of(engine, Decode(older.film, last)), seen)
    assert np.array_equal(pictures[0], expected)


def test_a_film_knows_which_one_by_its_content(engine: Engine, folder: Path) -> None:
    started = next(
        event for event in engine.run(Generate(replace(REQUEST, autoencoder=OTHER))) if isinstance(event, Started)
    )
    named = started.film.request.autoencoder
    assert named is not None
    assert named.name == "other"
    assert len(named.sha256) == 64
    assert run(engine, replace(named, sha256=named.sha256[:10])).image.request.autoencoder == named


def test_one_that_was_renamed_is_found_by_its_content(engine: Engine) -> None:
    used = run(engine).image.request.autoencoder
    assert used is not None
    again = run(engine, Autoencoder("it-had-another-name", used.sha256)).image.request.autoencoder
    assert again == used


@pytest.mark.parametrize(
    ("wanted", "is_other"), [(Autoencoder("nowhere"), False), (Autoencoder("third", "0" * 64), True)]
)
def test_what_is_missing_is_told(engine: Engine, wanted: Autoencoder, is_other: bool) -> None:
    before = run(engine).image.pixels
    with pytest.raises(AutoencoderMissing) as caught:
        run(engine, wanted)
    assert caught.value.is_other is is_other
    assert "other" in caught.value.known
    assert np.array_equal(run(engine).image.pixels, before)


@pytest.mark.parametrize(
    ("name", "made_for"),
    [
        ("sdxl", "latents of another kind (4 latent channels, 4 pixels each, scale 0.13025)"),
        ("flux", "latents of another kind (16 latent channels, 4 pixels each)"),
    ],
)
def test_one_for_other_latents_is_refused_with_both_kinds(engine: Engine, name: str, made_for: str) -> None:
    with pytest.raises(WrongAutoencoder) as caught:
        run(engine, Autoencoder(name))
    assert caught.value.made_for == made_for
    assert "4 latent channels, 4 pixels each, scale 0.5" in caught.value.needed


def test_a_file_with_other_layers_is_refused(engine: Engine, folder: Path) -> None:
    path = original_names.autoencoder(vae(layers_per_block=2), folder.parent / "deeper.safetensors")
    with pytest.raises(ModelBroken, match=r"its network has \d+ weights .* for which the model has no place"):
        run(engine, Autoencoder(str(path)))


def test_the_placements_that_save_memory_take_it_too(folder: Path, engine: Engine) -> None:
    expected = run(engine).image.pixels
    for placement in (Placement.drop_encoder, Placement.model_offload):
        saving = Engine(Catalogue((folder,)), "cpu", "float32", placement)
        run(saving, None)
        assert np.array_equal(run(saving).image.pixels, expected)
        assert not np.array_equal(run(saving, None).image.pixels, expected)


@pytest.mark.parametrize(
    ("name", "upcast", "dtype"),
    [
        ("plain.safetensors", True, torch.float32),
        ("sdxl-vae-fp16-fix.safetensors", True, torch.float16),
        ("folder", True, torch.float32),
        ("folder-fixed", False, torch.float16),
    ],
)
def test_with_sdxl_in_float16_it_stays_in_float32_unless_it_is_made_for_16_bits(
    folder: Path, tmp_path: Path, name: str, upcast: bool, dtype: torch.dtype
) -> None:
    path = tmp_path / name
    write: Callable[[], object] = lambda: vae(force_upcast=upcast).save_pretrained(path)  # noqa: E731
    if path.suffix:
        write = lambda: original_names.autoencoder(vae(), path)  # noqa: E731
    write()
    half = plan("cpu", "float16")
    family = families.load(read_model(folder / "tiny-xl", "tiny-xl"), half)
    module = autoencoders.read_weights(read_autoencoder(path), family.autoencoder().config, half)
    family.set_autoencoder(module, family.latent_rgb)
    assert family.autoencoder().dtype is dtype
