"""U-Nets with other numbers of blocks than their family are built by the names in their files."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

from core.engine.weights.fit import empty, shapes_of
from core.errors import ModelBroken
from core.families.unet_blocks import UNetBlocks
from core.models.catalogue import Catalogue
from core.paths import resources
from tests import original_names, tiny
from tests.weight_files import UNET, Place, picture, without


def _config(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "unet" / "config.json").read_text("utf-8"))


@pytest.mark.parametrize(
    "changes",
    [
        {"transformer_layers_per_block": (1, 1)},
        {"mid_block_type": "UNetMidBlock2D"},
        {"mid_block_type": None},
        {
            "transformer_layers_per_block": [[1], [1]],
            "reverse_transformer_layers_per_block": [[1, 2], [1, 1]],
            "mid_block_type": "UNetMidBlock2D",
        },
        {"layers_per_block": 2},
    ],
)
def test_a_u_net_with_other_numbers_of_blocks_is_built_by_its_names(
    xl: Place, tmp_path: Path, changes: dict[str, Any]
) -> None:
    whole = shutil.copytree(xl.whole, tmp_path / "small")
    config = {key: value for key, value in _config(whole).items() if not key.startswith("_")}
    shutil.rmtree(whole / "unet")
    torch.manual_seed(3)
    tiny.unet(**config | changes).save_pretrained(whole / "unet")
    expected = picture(Catalogue((tmp_path,)), whole)[0]
    file = original_names.stable_diffusion_xl(whole, xl.files / "small.safetensors")
    assert np.array_equal(picture(xl.catalogue, file)[0], expected)


def test_a_u_net_whose_blocks_differ_within_a_level_is_refused_at_import(xl: Place) -> None:
    start = f"{UNET}output_blocks.1.1."
    path = xl.write(without(xl.plain, f"{start}transformer_blocks.", f"{start}norm", f"{start}proj"))
    with pytest.raises(
        ModelBroken, match="its U-Net lacks blocks of Stable Diffusion XL, but not those that SSD-1B"
    ):
        xl.catalogue.find(str(path))


@pytest.mark.parametrize(
    ("layout", "changes"),
    [
        ("stable_diffusion_1", {}),
        ("stable_diffusion_2", {}),
        ("stable_diffusion_xl", {}),
        (  # SSD-1B
            "stable_diffusion_xl",
            {
                "transformer_layers_per_block": [[0, 0], [2, 2], [4, 4]],
                "reverse_transformer_layers_per_block": [[4, 4, 10], [2, 1, 1], [0, 0, 0]],
                "mid_block_type": "UNetMidBlock2D",
            },
        ),
        (  # Vega
            "stable_diffusion_xl",
            {"transformer_layers_per_block": [1, 1, 2], "mid_block_type": "UNetMidBlock2D"},
        ),
        (  # KOALA-700M
            "stable_diffusion_xl",
            {"layers_per_block": 1, "transformer_layers_per_block": [1, 2, 5], "mid_block_type": None},
        ),
        (  # KOALA-1B
            "stable_diffusion_xl",
            {"layers_per_block": 1, "transformer_layers_per_block": [1, 2, 6]},
        ),
        ("stable_diffusion_1", {"layers_per_block": 1}),  # BK-SDM
        ("stable_diffusion_1", {"layers_per_block": 1, "mid_block_type": None}),
    ],
)
def test_the_configuration_of_full_size_is_found(layout: str, changes: dict[str, Any]) -> None:
    whole = json.loads((resources() / "families" / layout / "unet" / "config.json").read_text("utf-8"))
    network = empty(UNet2DConditionModel, whole | changes)
    blocks = UNetBlocks.of(original_names.unet_weights(network))
    assert blocks is not None
    assert UNetBlocks.of_json(json.loads(json.dumps(asdict(blocks)))) == blocks
    config = blocks.config(whole)
    assert config is not None
    if not changes:
        assert config == whole
    assert shapes_of(empty(UNet2DConditionModel, config).state_dict()) == shapes_of(network.state_dict())
