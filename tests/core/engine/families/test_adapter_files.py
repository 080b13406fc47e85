"""Lone files of T2I-Adapters, for the sizes of real models, give the pictures of diffusers' own pipelines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import save_file

from core.request.request import Size
from tests import tiny, tiny_controls
from tests.core.engine.families.test_controls import REQUEST, assert_same, control, pipe_of, stock
from tests.core.engine.families.test_controls import pictures as opened

SIZE = Size(64, 96)
FORMS = {"full": "full_adapter", "light": "light_adapter", "xl": "full_adapter_xl"}
SQUARES = {"full": 8, "light": 8, "xl": 16}
LEVELS: dict[str, Any] = {
    "block_out_channels": (8,) * 4,
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
}
BLOCKS: dict[str, Any] = {
    "block_out_channels": (8, 16, 16, 16),
    "down_block_types": (*("CrossAttnDownBlock2D",) * 3, "DownBlock2D"),
    "up_block_types": ("UpBlock2D", *("CrossAttnUpBlock2D",) * 3),
}


@pytest.fixture(scope="module", params=FORMS)
def models(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model whose latents are eight times smaller, and an adapter for it in each layout."""
    folder, form = tmp_path_factory.mktemp("models"), request.param
    model = (
        tiny.stable_diffusion_xl(folder / "tiny")
        if form == "xl"
        else tiny.stable_diffusion(folder / "tiny", **BLOCKS)
    )
    tiny.autoencoder(**LEVELS).save_pretrained(model / "vae")
    made = adapter(folder, form)
    tiny_controls.save_lone(made, folder / "t2i_adapter", "diffusers")
    if form == "light":
        names = {name: name.removeprefix("adapter.").replace(".resnets.", ".body.") for name in made.state_dict()}
    else:
        names = {name: tiny_controls.adapter_name(name) for name in made.state_dict()}
    weights = {names[name]: one.contiguous() for name, one in made.state_dict().items()}
    save_file(weights, folder / "t2i_adapter" / "makers.safetensors")
    tiny_controls.picture(folder, SIZE, 3, "drawing.png")
    (folder / "form").write_text(form)
    return folder


def adapter(folder: Path, form: str) -> Any:
    side = SQUARES[form] // 2 if form == "xl" else SQUARES[form]
    return tiny_controls.adapter(folder / "tiny", channels=3, kind=FORMS[form], side=side)


@pytest.mark.filterwarnings("ignore:The decode_latents method is deprecated")
@pytest.mark.parametrize("names", ["diffusers", "makers"])
def test_a_lone_file_gives_the_picture_of_the_stock_pipeline(names: str, models: Path) -> None:
    form = (models / "form").read_text()
    drawn = replace(control(models, "drawing", 0.7), name=names)
    request = replace(REQUEST, size=SIZE, steps=3, controls=(drawn,))
    pipe = pipe_of(models, is_adapter=True, adapter=adapter(models, form))
    image = opened(models, "drawing")
    assert_same(models, request, stock(pipe, models, request, image=image, adapter_conditioning_scale=0.7))
