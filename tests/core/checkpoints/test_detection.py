"""A file is recognised by its tensors, or it is told what it is instead."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from core.checkpoints.detection import recognise
from core.errors import ModelBroken
from core.files.safetensors_header import SafetensorsHeader, TensorEntry
from tests.core.models.known_shapes import flux

UNET = "model.diffusion_model."
TEXT = f"{UNET}input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
CLIP = "cond_stage_model.transformer.text_model.embeddings.position_embedding.weight"
OPEN_CLIP = "cond_stage_model.model.token_embedding.weight"
XL = {
    "conditioner.embedders.0.transformer.text_model.embeddings.position_embedding.weight": (77, 768),
    "conditioner.embedders.1.model.positional_embedding": (77, 1280),
}


def header(tensors: dict[str, tuple[int, ...]], **metadata: str) -> SafetensorsHeader:
    entries = {name: TensorEntry("F16", shape, 0, 0) for name, shape in tensors.items()}
    return SafetensorsHeader(Path("model.safetensors"), entries, metadata)


def unet(width: int = 768, channels: int = 4, **more: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    return {
        f"{UNET}input_blocks.0.0.weight": (320, channels, 3, 3),
        TEXT: (320, width),
        "first_stage_model.decoder.conv_in.weight": (512, 4, 3, 3),
        **more,
    }


def alone(width: int) -> dict[str, tuple[int, ...]]:
    """A U-Net as city96's GGUF files have it."""
    own = {name.removeprefix(UNET): shape for name, shape in unet(width).items() if name.startswith(UNET)}
    return {**own, "out.2.weight": (4, 320, 3, 3)}


@pytest.mark.parametrize(
    ("tensors", "layout", "family", "width"),
    [
        ({**unet(768), CLIP: (77, 768)}, "stable_diffusion_1", "stable_diffusion", 768),
        ({**unet(1024), OPEN_CLIP: (49408, 1024)}, "stable_diffusion_2", "stable_diffusion", 1024),
        ({**unet(2048), **XL}, "stable_diffusion_xl", "stable_diffusion_xl", 2048),
        (alone(768), "stable_diffusion_1", "stable_diffusion", 768),
        (alone(1024), "stable_diffusion_2", "stable_diffusion", 1024),
        ({**alone(2048), "label_emb.0.0.weight": (1, 1)}, "stable_diffusion_xl", "stable_diffusion_xl", 2048),
        ({f"{UNET}layers.0.adaLN_modulation.0.weight": (1, 1)}, "", "z_image", None),
        ({"layers.0.adaLN_modulation.0.weight": (1, 1)}, "", "z_image", None),
    ],
)
def test_a_model_is_recognised(
    tensors: dict[str, tuple[int, ...]], layout: str, family: str, width: int | None
) -> None:
    kind = recognise(header(tensors))
    assert (kind.layout, kind.family, kind.width) == (layout, family, width)
    assert not any(kind.said.values())


@pytest.mark.parametrize("channels", [4, 9])
def test_a_network_for_inpainting_is_built_with_its_own_inputs(channels: int) -> None:
    kind = recognise(header({**unet(768, channels), CLIP: (77, 768)}))
    assert kind.family == "stable_diffusion"
    config = kind.config_of("unet", {"in_channels": 4, "down_block_types": [], "block_out_channels": []})
    assert config is not None
    assert config["in_channels"] == channels


@pytest.mark.parametrize(
    ("tensors", "why"),
    [
        ({**unet(768, 8), CLIP: (77, 768)}, "editing"),
        ({**unet(), "conditioner.embedders.0.model.positional_embedding": (77, 1280)}, "refiner"),
        ({**unet(), CLIP: (1, 1), f"{UNET}time_embed.cond_proj.weight": (1, 1)}, "LCM"),
        ({"lora_unet_down_blocks_0.lora_down.weight": (4, 4)}, "LoRA"),
        ({"transformer.blocks.0.to_q.lora_A.weight": (4, 4)}, "lacks a part"),
        ({f"a.to_q.lora_{half}.weight": (4, 4) for half in "AB"}, "a LoRA, an addition"),
        ({f"lycoris_a.lokr_w{half}": (4, 4) for half in "12"}, r"a LyCORIS file \(LoKr\), an addition"),
        ({"image_proj.proj.weight": (4, 4), "ip_adapter.1.to_q_lora.up.weight": (4, 4)}, "an IP-Adapter"),
        ({"lora_controlnet": (), "input_blocks.1.0.emb_layers.1.up": (4, 4)}, "a Control-LoRA"),
        ({"lora_unet_a.oft_blocks": (4, 4)}, r"a LyCORIS file \(OFT\), not supported yet"),
        ({"double_blocks.0.img_attn.qkv.weight": (4, 4)}, r"FLUX\.1"),
        ({f"{UNET}joint_blocks.0.x_block.weight": (4, 4)}, "Stable Diffusion 3"),
        ({"decoder.conv_in.weight": (4, 4, 3, 3)}, "autoencoder"),
        ({"text_model.embeddings.token_embedding.weight": (4, 4)}, "text encoder"),
        ({"down_blocks.0.resnets.0.conv1.weight": (4, 4)}, "U-Net alone"),
        ({"down_blocks.0.motion_modules.0.temporal_transformer.norm.weight": (4,)}, "motion module"),
        ({"control_layers.0.attention.qkv.weight": (4, 4)}, "ControlNet"),
        ({"model.1.sub.0.RDB1.conv1.0.weight": (4, 4)}, "upscaler"),
        ({**unet(2048), "conditioner.embedders.1.model.ln_final.weight": (4,)}, "only one of two"),
        ({"something": (4, 4)}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_what_is_no_model_of_ours_is_named(tensors: dict[str, tuple[int, ...]], why: str) -> None:
    with pytest.raises(ModelBroken, match=why) as refused:
        recognise(header(tensors))
    assert refused.value.path == Path("model.safetensors")


@pytest.mark.parametrize(
    ("channels", "words"),
    [
        (128, "Canny or Depth.*choose FLUX.1 dev and a ControlNet"),
        (384, "Fill.*choose FLUX.1 dev"),
        (96, "editing"),
    ],
)
def test_a_flux_that_sees_more_than_it_makes_is_refused_by_its_name(channels: int, words: str) -> None:
    tools = {
        **{name: shape for name, shape in flux(channels).items() if isinstance(shape[0], int)},
        "double_blocks.0.img_mod.lin.weight": (18432, 3072),
        "vector_in.in_layer.weight": (3072, 768),
        "final_layer.linear.weight": (64, 3072),
    }
    with pytest.raises(ModelBroken, match=words):
        recognise(header(cast("dict[str, tuple[int, ...]]", tools)))
