"""Sharp previews by a tiny autoencoder."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from safetensors.torch import save_file

from core.autoencoders.latent_space import LatentSpace
from core.autoencoders.tiny import TinyAutoencoderLibrary, read_tiny_autoencoder
from core.engine.decoding.decoding import to_pixels
from core.engine.devices.device import plan
from core.engine.engine import Engine
from core.engine.loading.tiny_autoencoder import load_tiny
from core.engine.sampling.tensors import to_torch
from core.errors import ModelBroken
from core.film.film import Film
from core.models.catalogue import Catalogue
from core.pictures.pixels import Pixels
from core.request.request import GenerationRequest, Size
from core.runs.events import ImageReady, LinearPreview, Preview, PreviewMode, Stepped
from core.runs.operations import Generate
from tests import tiny

REQUEST = GenerationRequest("abc", model="tiny", size=Size(64, 48), sampler="ddim", steps=4, seed=5)
SD, XL = LatentSpace(4, 8, 0.18215), LatentSpace(4, 8, 0.13025)


def taesd(seed: int = 3, **changes: Any) -> AutoencoderTiny:
    torch.manual_seed(seed)
    return AutoencoderTiny(**changes).eval()


def small(seed: int = 3) -> AutoencoderTiny:
    """For the latents of tests/tiny.py, which are of 4 pixels each."""
    widths, blocks = (8, 8, 8), (1, 1, 1)
    return taesd(
        seed,
        encoder_block_out_channels=widths,
        decoder_block_out_channels=widths,
        num_encoder_blocks=blocks,
        num_decoder_blocks=blocks,
    )


@torch.inference_mode()
def decoded(module: AutoencoderTiny, latent: Any) -> Pixels:
    decoded: Any = module.decode(to_torch(latent, torch.device("cpu")))  # type: ignore[arg-type]
    return to_pixels(decoded.sample)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.stable_diffusion(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture
def models(model: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    shutil.copytree(model, folder / "tiny")
    return folder


def previews(models: Path, mode: PreviewMode) -> tuple[list[Preview | LinearPreview], Film, Pixels]:
    events = list(Engine(Catalogue((models,)), "cpu", "float32").run(Generate(REQUEST, mode)))
    ready = events[-1]
    assert isinstance(ready, ImageReady)
    return [event.preview for event in events if isinstance(event, Stepped)], ready.film, ready.image.pixels


def test_every_preview_is_what_the_tiny_autoencoder_of_diffusers_decodes(models: Path) -> None:
    small().save_pretrained(models / "mine")
    seen, film, _ = previews(models, PreviewMode.sharp)
    assert len(seen) == 4
    for preview, frame in zip(seen, film.frames, strict=True):
        assert preview.is_decoded
        assert np.array_equal(preview.pixels, decoded(small(), frame.denoised))


def test_the_finished_picture_is_that_of_the_full_autoencoder(models: Path) -> None:
    _, _, before = previews(models, PreviewMode.linear)
    small().save_pretrained(models / "mine")
    _, _, after = previews(models, PreviewMode.sharp)
    assert np.array_equal(before, after)


def test_decoding_every_step_is_the_full_one_still(models: Path) -> None:
    small().save_pretrained(models / "mine")
    seen, film, _ = previews(models, PreviewMode.every_step)
    assert not np.array_equal(seen[0].pixels, decoded(small(), film.frames[0].denoised))


def test_the_automatic_choice_prefers_the_tiny_one(models: Path) -> None:
    small().save_pretrained(models / "mine")
    seen, film, _ = previews(models, PreviewMode.automatic)
    by_tiny = [
        np.array_equal(preview.pixels, decoded(small(), frame.denoised))
        for preview, frame in zip(seen, film.frames, strict=True)
        if preview.is_decoded
    ]
    assert by_tiny
    assert all(by_tiny)


@pytest.mark.parametrize("damage", ["none", "cut", "shapes"])
def test_without_one_that_can_be_used_the_run_goes_on(models: Path, damage: str) -> None:
    if damage != "none":
        small().save_pretrained(models / "mine")
        weights = models / "mine" / "diffusion_pytorch_model.safetensors"
        if damage == "cut":
            weights.write_bytes(weights.read_bytes()[:-100])
        else:
            save_file({"decoder.layers.0.weight": torch.zeros(3, 3)}, weights)
    seen, _, picture = previews(models, PreviewMode.sharp)
    assert len(seen) == 4
    assert picture.shape == (48, 64, 3)


def test_values_that_are_not_numbers_become_the_rough_preview(models: Path) -> None:
    broken = small()
    with torch.no_grad():
        next(broken.decoder.parameters()).fill_(float("nan"))
    broken.save_pretrained(models / "mine")
    seen, _, _ = previews(models, PreviewMode.sharp)
    assert not any(preview.is_decoded for preview in seen)


def authors_names(module: AutoencoderTiny) -> dict[str, torch.Tensor]:
    return {
        re.sub(r"^layers\.(\d+)", lambda found: str(int(found[1]) + 1), name): value.clone()
        for name, value in module.decoder.state_dict().items()
    }


@pytest.mark.parametrize("form", ["authors", "diffusers", "folder"])
def test_each_form_gives_the_same_decoder(tmp_path: Path, form: str) -> None:
    path = tmp_path / "taesd_decoder.safetensors"
    if form == "authors":
        save_file(authors_names(taesd()), path)
    elif form == "diffusers":
        save_file(dict(taesd().state_dict()), path)
    else:
        path = tmp_path / "taesd"
        taesd().save_pretrained(path)
    file = read_tiny_autoencoder(path)
    assert file.space == SD
    latent = torch.randn((4, 2, 3), generator=torch.Generator().manual_seed(1)).numpy()
    assert np.array_equal(decoded(load_tiny(file, plan("cpu", "float32")), latent), decoded(taesd(), latent))


def test_the_name_tells_whose_latents_it_decodes(tmp_path: Path) -> None:
    for name, channels in (("taesd", 4), ("taesdxl", 4), ("taef1", 16), ("unnamed", 4)):
        taesd(latent_channels=channels).save_pretrained(tmp_path / name)
    library = TinyAutoencoderLibrary((tmp_path,))
    found = {name: library.find(space) for name, space in (("taesd", SD), ("taesdxl", XL))}
    assert {name: file.path.name for name, file in found.items() if file is not None} == {
        "taesd": "taesd",
        "taesdxl": "taesdxl",
    }
    flux = library.find(LatentSpace(16, 8, 0.3611, 0.1159))
    assert flux is not None
    assert flux.path.name == "taef1"
    assert library.find(LatentSpace(16, 8, 1.5305, 0.0609)) is None
    own = library.find(LatentSpace(4, 8, 0.5))
    assert own is not None
    assert own.path.name == "unnamed"


def test_what_is_none_is_refused(tmp_path: Path) -> None:
    tiny.autoencoder().save_pretrained(tmp_path / "full")
    save_file({"1.weight": torch.zeros(8, 4)}, tmp_path / "taesd.safetensors")
    for name in ("full", "taesd.safetensors"):
        with pytest.raises(ModelBroken):
            read_tiny_autoencoder(tmp_path / name)
    assert TinyAutoencoderLibrary((tmp_path, tmp_path / "nowhere")).find(SD) is None


def test_a_second_run_takes_one_that_has_come_meanwhile(models: Path) -> None:
    engine = Engine(Catalogue((models,)), "cpu", "float32")
    list(engine.run(Generate(REQUEST, PreviewMode.sharp)))
    small().save_pretrained(models / "mine")
    events = list(engine.run(Generate(replace(REQUEST, seed=6), PreviewMode.sharp)))
    assert all(event.preview.is_decoded for event in events if isinstance(event, Stepped))
