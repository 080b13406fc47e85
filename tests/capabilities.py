"""An example of each setting of a request, with tiny models and networks for it, to be run on every device.

A setting without a line in `EXAMPLES` fails `tests.core.engine.devices.test_every_setting`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from PIL import Image
from safetensors.torch import save_file
from transformers import CLIPTextModel

from core.request.control import Control
from core.request.hires import LANCZOS, Hires
from core.request.mask import Margins, Mask
from core.request.request import (
    Autoencoder,
    GenerationRequest,
    Lora,
    Reference,
    Size,
    Source,
    Upscaler,
    Variation,
)
from tests import (
    tiny,
    tiny_block_controls,
    tiny_controls,
    tiny_flows,
    tiny_ip_adapters,
    tiny_loras,
    tiny_upscalers,
)
from tests.tiny_families import TINY_MODELS

SIZE = Size(64, 64)
REQUEST = GenerationRequest(
    "a red house", "fog", "tiny", Size(32, 24), "euler", steps=4, guidance_scale=3.0, seed=5
)
XL = replace(REQUEST, model="tiny-xl")
FLOW = replace(REQUEST, size=SIZE, guidance_scale=3.5)


def make(folder: Path) -> Path:
    """Saves models and all that goes with them, and pictures, and returns the folder."""
    sd, xl = tiny.stable_diffusion(folder / "tiny"), tiny.stable_diffusion_xl(folder / "tiny-xl")
    tiny.stable_diffusion(folder / "inpainting", in_channels=9)
    for name in ("flux2_klein", "qwen_image_edit", "stable_diffusion_3"):
        TINY_MODELS[name].make(folder / name)
    unet = UNet2DConditionModel.from_pretrained(sd / "unet")
    encoder = CLIPTextModel.from_pretrained(sd / "text_encoder")
    tiny.lora(folder / "loras" / "ink.safetensors", unet, "unet")
    tiny_loras.of_all_kinds(folder / "loras" / "kinds.safetensors", unet, encoder)
    for name, maker in (("flux1", tiny_flows.flux1_transformer), ("z_image", tiny.z_image_transformer)):
        tiny.lora(folder / "loras" / f"{name}.safetensors", maker(), "transformer")
    for number, name in enumerate(("photo", "other")):
        pixels = np.random.default_rng(number).integers(0, 256, (47, 61, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{name}.png")
    mask = np.zeros((47, 61), np.uint8)
    mask[20:33, 18:40] = 255
    Image.fromarray(mask).save(folder / "mask.png")
    (folder / "embeddings").mkdir()
    save_file({"emb_params": torch.ones(2, tiny.WIDTH)}, folder / "embeddings" / "soft.safetensors")
    (folder / "upscale_models").mkdir()
    for name, weights in (("compact", tiny_upscalers.compact(2)), ("span", tiny_upscalers.span(2))):
        save_file(weights, folder / "upscale_models" / f"{name}.safetensors")
    save_file(tiny_upscalers.esrgan(2, "new", 2), folder / "upscale_models" / "esrgan.safetensors")
    torch.manual_seed(9)
    tiny.autoencoder().save_pretrained(folder / "vae" / "other")
    _controls(folder, sd, xl)
    return folder


OUTER: Mapping[str, Any] = {
    "block_out_channels": (8, 16, 16),
    "down_block_types": ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
}
"""T2I-Adapters act in blocks with attention before they get smaller."""


def _controls(folder: Path, sd: Path, xl: Path) -> None:
    nets, adapters = folder / "controlnet", tiny_controls
    outer = tiny.stable_diffusion(folder / "outer", **OUTER)
    adapters.save(adapters.controlnet(sd), nets, "lines")
    for kind in ("full_adapter", "light_adapter"):
        adapters.save(adapters.adapter(outer, kind=kind), nets, kind)
    net, unet = adapters.controlnet(xl), UNet2DConditionModel.from_pretrained(xl / "unet")
    adapters.save_lone(adapters.union(xl), nets, "union")
    adapters.save_control_lora(net, unet, nets, "control-lora")
    adapters.save_difference(net, unet, nets, "difference")
    save_file(adapters.lllite(unet), nets / "lllite.safetensors")
    for kind in tiny_ip_adapters.PROJECTIONS:
        tiny_ip_adapters.save(sd, folder / "ipadapter", f"ip-{kind}", kind)
    tiny_ip_adapters.save_encoder(folder)
    blocks = tiny_block_controls
    flux, qwen, z = (
        maker(folder / name)
        for name, maker in (
            ("flux1", blocks.flux1),
            ("qwen_image", blocks.qwen_image),
            ("z_image", blocks.z_image),
        )
    )
    blocks.save_lone(blocks.flux_controlnet(flux, num_mode=7), nets, "flux-union")
    blocks.save_lone(blocks.xlabs_controlnet(flux), nets, "flux-xlabs", xlabs=True)
    blocks.save_lone(blocks.qwen_controlnet(qwen), nets, "qwen")
    new, old = (blocks.z_image_controlnet(z, way) for way in ("control_noise_refiner", None))
    blocks.save_z_image(new, new, nets, "z-new")
    blocks.save_z_image(old, new, nets, "z-old")


Example = Callable[[Path], GenerationRequest]


def always(request: GenerationRequest, **changes: Any) -> Example:
    return lambda _: replace(request, **changes)


def _controlled(request: GenerationRequest, name: str, preprocessor: str = "canny", **how: Any) -> Example:
    return lambda folder: replace(
        request, controls=(Control(name, str(folder / "photo.png"), preprocessor=preprocessor, **how),)
    )


def _begun(request: GenerationRequest, strength: float = 0.8, **masked: Any) -> Example:
    def made(folder: Path) -> GenerationRequest:
        mask = replace(Mask(str(folder / "mask.png")), **masked) if masked else None
        return replace(request, source=Source(str(folder / "photo.png"), strength), mask=mask)

    return made


def _widened(request: GenerationRequest) -> Example:
    mask = Mask("", fill="surroundings", softness=3.0, margins=Margins(19, 0, 40, 6))
    return lambda folder: replace(request, source=Source(str(folder / "photo.png"), 1.0), mask=mask)


def _with_references(request: GenerationRequest) -> Example:
    return lambda folder: replace(
        request, references=tuple(Reference(str(folder / f"{name}.png")) for name in ("photo", "other"))
    )


LORAS = (Lora("ink", 0.8), Lora("kinds", 0.2, text_weight=0.1))
EXAMPLES: Mapping[str, Mapping[str, Example]] = {
    "prompt": {
        "weights": always(REQUEST, prompt="a (red:1.4) [old] house"),
        "parts": always(REQUEST, prompt="a house :0.7 AND a red boat"),
        "over time": always(REQUEST, prompt="a [red:blue:0.5] house [fog|rain]"),
        "long": always(REQUEST, prompt="a red house " * 6),
    },
    "negative_prompt": {"none": always(REQUEST, negative_prompt="")},
    "model": {"of SDXL": always(XL)},
    "size": {"larger": always(REQUEST, size=SIZE)},
    "sampler": {"second order": always(REQUEST, sampler="heun"), "with noise": always(REQUEST, sampler="euler_a")},
    "steps": {"one": always(REQUEST, steps=1)},
    "guidance_scale": {"none": always(REQUEST, guidance_scale=1.0)},
    "seed": {"another": always(REQUEST, seed=2**63)},
    "count": {"two": always(REQUEST, count=2)},
    "source": {"of SD": _begun(REQUEST), "of a flow": _begun(replace(FLOW, model="z_image"))},
    "mask": {
        "hard": _begun(REQUEST, softness=0.0),
        "soft": _begun(REQUEST, softness=5.0, area="whole"),
        "of a flow": _begun(replace(FLOW, model="flux1")),
        "noise": _begun(REQUEST, 1.0, fill="noise", padding=4),
        "trained": _begun(replace(REQUEST, model="inpainting"), softness=2.0),
        "trained, none": always(REQUEST, model="inpainting"),
        "wider": _widened(REQUEST),
    },
    "references": {
        "klein": _with_references(replace(FLOW, model="flux2_klein")),
        "qwen": _with_references(replace(FLOW, model="qwen_image_edit")),
    },
    "loras": {
        "two": always(REQUEST, loras=LORAS),
        "in the prompt": always(REQUEST, prompt="a house <lora:ink:0.6>"),
        "packed": always(REQUEST, loras=LORAS, weight_bits=8),
        "z_image": always(FLOW, model="z_image", loras=(Lora("z_image"),)),
    },
    "autoencoder": {"other": always(REQUEST, autoencoder=Autoencoder("other"))},
    "weight_bits": {f"{bits}": always(XL, weight_bits=bits) for bits in (8, 4)},
    "clip_skip": {"two": always(REQUEST, clip_skip=2), "XL": always(XL, clip_skip=2)},
    "emphasis": {
        mode: always(REQUEST, prompt="a (red:1.4) house", emphasis=mode) for mode in ("no_norm", "ignore", "none")
    },
    "embeddings": {"soft": always(REQUEST, prompt="a soft house")},
    "training": {"v": always(REQUEST, training="prediction_type=v_prediction zero_snr=yes")},
    "variants": {"drawn": always(REQUEST, prompt="a {red|blue} house", variants=True)},
    "template": {"kept": always(REQUEST, template="a {red|blue} house")},
    "negative_template": {"kept": always(REQUEST, negative_template="{fog|rain}")},
    "upscaler": {name: always(REQUEST, upscaler=Upscaler(name)) for name in ("compact", "span", "esrgan")},
    "variation": {"mixed": always(REQUEST, variation=Variation(0.3, 9, Size(64, 64)))},
    "seamless": {
        "x": always(REQUEST, seamless="x"),
        "xy": always(REQUEST, seamless="xy", loras=LORAS),
        "enlarged": always(REQUEST, seamless="xy", upscaler=Upscaler("compact")),
    },
    "skip_layers": {"SD 3": always(FLOW, model="stable_diffusion_3", skip_layers=2.5, steps=10)},
    "controls": {
        "lines": _controlled(REQUEST, "lines", start=0.2, end=0.8),
        "T2I-Adapter": _controlled(replace(REQUEST, model="outer"), "full_adapter", "none"),
        "light T2I-Adapter": _controlled(replace(REQUEST, model="outer"), "light_adapter"),
        "union": _controlled(XL, "union"),
        "Control-LoRA": _controlled(XL, "control-lora"),
        "difference": _controlled(XL, "difference"),
        "LLLite": _controlled(XL, "lllite"),
        **{kind: _controlled(REQUEST, f"ip-{kind}", "picture") for kind in tiny_ip_adapters.PROJECTIONS},
        "flux union": _controlled(replace(FLOW, model="flux1"), "flux-union"),
        "flux xlabs": _controlled(replace(FLOW, model="flux1"), "flux-xlabs"),
        "qwen": _controlled(replace(FLOW, model="qwen_image"), "qwen"),
        "z new": _controlled(replace(FLOW, model="z_image"), "z-new"),
        "z old": _controlled(replace(FLOW, model="z_image"), "z-old"),
    },
    "hires": {
        "latent": always(REQUEST, hires=Hires(strength=0.5, steps=3)),
        "bicubic": always(REQUEST, hires=Hires("Latent (bicubic antialiased)", 1.5, strength=0.5)),
        "lanczos": always(REQUEST, hires=Hires(LANCZOS, 1.5, strength=0.5)),
        "network": always(REQUEST, hires=Hires("compact", strength=0.5, prompt="a blue boat", sampler="ddim")),
    },
}
"""For each of `core.request.settings.SETTINGS` by name, requests that it acts on, given the folder of `make`."""
