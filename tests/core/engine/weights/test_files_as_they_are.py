"""Files as other programs write them give the picture of the plain file, or the sentence that is true."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

from app.messages.errors import message
from core.autoencoders.file import read_autoencoder
from core.errors import ModelBroken
from core.models.catalogue import Catalogue
from core.models.importing import find_models
from core.pictures.pixels import Pixels
from core.request.request import Autoencoder
from tests import original_names, tiny
from tests.weight_files import (
    BOTH,
    QWEN,
    TEXT,
    UNET,
    VAE,
    Place,
    Weights,
    of_folder,
    picture,
    renamed,
    reshaped,
    without,
    z_whole,
)

ENCODER = "text_encoder."
SAME: dict[str, tuple[str, Callable[[Place], Weights]]] = {
    "old names of CLIP": ("sd", lambda p: renamed(p.plain, (f"^{TEXT}text_model\\.", TEXT))),
    "old names of CLIP in part": (
        "sd",
        lambda p: renamed(p.plain, (f"^{TEXT}text_model\\.encoder", f"{TEXT}encoder")),
    ),
    "U-Net with diffusers' names": ("sd", lambda p: without(p.plain, UNET) | of_folder(p, "unet", UNET)),
    "autoencoder with diffusers' names": ("sd", lambda p: without(p.plain, VAE) | of_folder(p, "vae", VAE)),
    "autoencoder with another prefix": ("sd", lambda p: renamed(p.plain, (f"^{VAE}", "vae."))),
    "autoencoder with linear attention": (
        "sd",
        lambda p: reshaped(p.plain, r"\.mid\.attn_1\..*weight$", lambda v: v[:, :, 0, 0] if v.ndim == 4 else v),
    ),
    "U-Net with linear projections": (
        "sd",
        lambda p: reshaped(p.plain, r"\.proj_(in|out)\.weight$", lambda v: v[:, :, 0, 0] if v.ndim == 4 else v),
    ),
    "whole float16 beside float32": ("sd", lambda p: reshaped(p.plain, r"norm.*weight$", lambda v: v.half())),
    "second encoder with transformers' names": (
        "xl",
        lambda p: without(p.plain, f"{BOTH}1.") | of_folder(p, "text_encoder_2", f"{BOTH}1.transformer."),
    ),
    "first encoder with old names": (
        "xl",
        lambda p: renamed(p.plain, (r"^(.*0\.transformer\.)text_model\.", r"\1")),
    ),
    "U-Net of XL with diffusers' names": ("xl", lambda p: without(p.plain, UNET) | of_folder(p, "unet", UNET)),
    "U-Net with another prefix": ("sd", lambda p: renamed(p.plain, (f"^{UNET}", "diffusion_model."))),
    "parts with the prefixes of their folders": (
        "sd",
        lambda p: (
            of_folder(p, "unet", "unet.") | of_folder(p, "vae", "vae.") | of_folder(p, "text_encoder", ENCODER)
        ),
    ),
    "parts of XL with the prefixes of their folders": (
        "xl",
        lambda p: (
            of_folder(p, "unet", "unet.")
            | of_folder(p, "vae", "vae.")
            | of_folder(p, "text_encoder", ENCODER)
            | of_folder(p, "text_encoder_2", "text_encoder_2.")
        ),
    ),
    "Z-Image, all in one": ("z", z_whole),
    "Z-Image, other names of its parts": ("z", lambda p: z_whole(p, QWEN, VAE)),
    "Z-Image without an autoencoder": ("z", lambda p: without(z_whole(p), "vae.")),
    "Z-Image without a text encoder": ("z", lambda p: without(z_whole(p), QWEN)),
    "Z-Image with diffusers' names": ("z", lambda p: of_folder(p, "transformer", UNET)),
    "Z-Image with another prefix": ("z", lambda p: of_folder(p, "transformer", "diffusion_model.")),
    "Z-Image with names of both kinds": (
        "z",
        lambda p: (
            {f"{UNET}{n}": v for n, v in p.plain.items() if "layers.1.attention" not in n}
            | {n: v for n, v in of_folder(p, "transformer", UNET).items() if "layers.1.attention" in n}
        ),
    ),
}
UNNEEDED: dict[str, Callable[[Place], Weights]] = {
    "numbers of positions": lambda p: {
        f"{TEXT}text_model.embeddings.position_ids": torch.arange(16)[None].float()
    },
    "averages": lambda p: {f"model_ema.{n.replace('.', '')}": v for n, v in list(p.plain.items())[:9]},
    "schedule": lambda p: {n: torch.zeros(10) for n in ("alphas_cumprod", "betas", "sqrt_recip_alphas_cumprod")},
    "loss": lambda p: {f"{VAE}loss.logvar": torch.zeros(())},
    "pictures' half of CLIP": lambda p: {f"{TEXT}vision_model.post_layernorm.weight": torch.ones(4)},
    "logit scale": lambda p: {"cond_stage_model.logit_scale": torch.zeros(())},
    "training": lambda p: {"optimizer_states.0.exp_avg": torch.ones(3), "global_step": torch.ones(1)},
    "projection of texts": lambda p: {f"{TEXT}text_projection.weight": torch.ones(32, 32)},
}


def place_of(request: pytest.FixtureRequest, which: str) -> Place:
    return request.getfixturevalue(which)


@pytest.mark.parametrize("name", SAME)
def test_the_picture_is_that_of_the_plain_file(
    request: pytest.FixtureRequest, right: dict[int, Pixels], name: str
) -> None:
    which, change = SAME[name]
    place = place_of(request, which)
    pixels, told = place.picture(change(place))
    tolerance = 1 if "float16" in name else 0
    assert np.abs(pixels.astype(int) - right[id(place)]).max() <= tolerance
    assert told == []


@pytest.mark.parametrize("name", UNNEEDED)
def test_what_is_known_to_be_unneeded_is_no_news(sd: Place, right: dict[int, Pixels], name: str) -> None:
    pixels, told = sd.picture(sd.plain | UNNEEDED[name](sd))
    assert np.array_equal(pixels, right[id(sd)])
    assert told == []


def test_an_own_part_of_z_image_counts_not_the_installed_one(z: Place, right: dict[int, Pixels]) -> None:
    for part in (QWEN, "vae."):
        weights = z_whole(z)
        changed = {n: v * 1.5 if n.startswith(part) and v.is_floating_point() else v for n, v in weights.items()}
        assert not np.array_equal(z.picture(changed)[0], right[id(z)])


@pytest.mark.parametrize(
    "extra", [("model.diffusion_model_extra",), ("add_on.a", "add_on.b", "add_on.c", "add_on.d"), ("my.weight",)]
)
def test_weights_beside_the_networks_are_told(sd: Place, right: dict[int, Pixels], extra: tuple[str, ...]) -> None:
    pixels, told = sd.picture(sd.plain | {name: torch.ones(1) for name in extra})
    assert np.array_equal(pixels, right[id(sd)])
    assert len(told) == 1
    assert f"({len(extra)})" in told[0]
    assert extra[0] in told[0]


REFUSED: dict[str, tuple[str, Callable[[Place], Weights], str]] = {
    "a weight of the U-Net too many": (
        "sd",
        lambda p: p.plain | {f"{UNET}input_blocks.1.0.gate": torch.ones(1)},
        r"its U-Net has one weight \(model.diffusion_model.input_blocks.1.0.gate\) for which",
    ),
    "layers of a text encoder too many": (
        "sd",
        lambda p: p.plain | {n.replace("layers.1", "layers.2"): v for n, v in p.plain.items() if "layers.1" in n},
        r"its text encoder has 16 weights .* for which the model has no place",
    ),
    "weights of the autoencoder too many": (
        "sd",
        lambda p: (
            p.plain | {f"{VAE}decoder.style.weight": torch.ones(1), f"{VAE}decoder.style.bias": torch.ones(1)}
        ),
        r"its autoencoder \(VAE\) has 2 weights .* for which the model has no place",
    ),
    "a bias missing": (
        "sd",
        lambda p: without(p.plain, f"{UNET}out.2.bias"),
        r"its U-Net is not complete: one weight \(conv_out.bias\) is missing",
    ),
    "a layer of CLIP missing": (
        "sd",
        lambda p: without(p.plain, f"{TEXT}text_model.encoder.layers.1."),
        r"its text encoder is not complete: 16 weights \(encoder.layers.1.* are missing",
    ),
    "the encoding half missing": (
        "sd",
        lambda p: without(p.plain, f"{VAE}encoder."),
        r"its autoencoder \(VAE\) is not complete: \d+ weights .* are missing",
    ),
    "the sizes of XL missing": (
        "xl",
        lambda p: without(p.plain, f"{UNET}label_emb."),
        r"its U-Net is not complete: 4 weights \(add_embedding.linear_1.bias, .* are missing",
    ),
    "another width": (
        "z",
        lambda p: reshaped(p.plain, r"cap_embedder\.1\.weight", lambda v: v[:, :8]),
        r"its transformer is built otherwise than expected: one weight .* has 32x8 where 32x32",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_give_a_wrong_picture_is_refused_with_the_weights(
    request: pytest.FixtureRequest, name: str
) -> None:
    which, change, why = REFUSED[name]
    place = place_of(request, which)
    with pytest.raises(ModelBroken, match=why) as caught:
        place.picture(change(place))
    assert "again" not in str(message(caught.value))


def test_a_file_without_autoencoder_takes_a_fitting_one_and_the_recipe_has_it(
    sd: Place, xl: Place, right: dict[int, Pixels], tmp_path: Path
) -> None:
    headless = without(sd.plain, VAE)
    pixels, told = sd.picture(headless)
    assert np.array_equal(pixels, right[id(sd)])
    assert len(told) == 1
    assert "installed/vae is used" in told[0].replace("\\", "/")
    sha256 = sd.catalogue.autoencoders.sha256_of(read_autoencoder(sd.whole / "vae"))
    pixels, told = sd.picture(headless, Autoencoder("vae", sha256))  # as recipes and films have it
    assert np.array_equal(pixels, right[id(sd)])
    assert told == []
    chosen = original_names.autoencoder(tiny.autoencoder(), tmp_path / "chosen.safetensors")
    pixels, told = sd.picture(headless, Autoencoder(str(chosen)))
    assert not np.array_equal(pixels, right[id(sd)])
    assert told == []
    alone = Catalogue((sd.files,), layouts=sd.whole.parent.parent / "layouts")
    path = sd.write(headless)
    assert find_models(alone, path).models[0].has_autoencoder is False
    with pytest.raises(ModelBroken, match=r"it holds no autoencoder .* none here that fits: choose one"):
        picture(alone, path)
    original_names.autoencoder(
        AutoencoderKL.from_pretrained(sd.whole / "vae"), sd.files / "vae" / "some.safetensors"
    )
    pixels, told = picture(alone, path)
    assert np.array_equal(pixels, right[id(sd)])
    assert "some is used" in told[0]


def test_a_text_encoder_with_more_positions_reads_longer_prompts(sd: Place, xl: Place) -> None:
    end = "position_embedding.weight"
    path = sd.write(reshaped(sd.plain, end, lambda v: torch.cat([v, v, v])))
    assert sd.catalogue.find(str(path)).max_tokens == 3 * tiny.MAX_TOKENS
    pixels, _ = picture(sd.catalogue, path)
    assert pixels.shape == (32, 32, 3)
    path = xl.write(reshaped(xl.plain, end, lambda v: torch.cat([v, v, v])))
    with pytest.raises(ModelBroken, match=r"reads 48 tokens \(as LongCLIP does\) and the other one 16"):
        xl.catalogue.find(str(path))
