"""All that is known of Stable Diffusion 1.x and 2.x, what was distilled from them, and the starter model."""

from __future__ import annotations

from types import MappingProxyType

from core.families.spec import (
    CheckpointKind,
    DefaultSettings,
    FamilySpec,
    LatentLayout,
    LoraFormat,
    MemoryFigures,
    SingleFile,
)
from core.families.unet_files import (
    CONDITIONER,
    DISTILLED,
    EMBEDDED_GUIDANCE,
    UNET,
    VAE,
    check_unet,
    declared_prediction,
    has_unet,
    no_text_encoder,
    text_width,
)
from core.files.safetensors_header import SafetensorsHeader

_LAYOUTS = (
    ("cond_stage_model.transformer.text_model.embeddings.position_embedding.weight", "stable_diffusion_1"),
    ("cond_stage_model.model.token_embedding.weight", "stable_diffusion_2"),
)
"""A tensor of OpenAI's CLIP, and one of OpenCLIP."""


def _recognise(header: SafetensorsHeader) -> CheckpointKind | None:
    if not has_unet(header) or any(name.startswith(CONDITIONER) for name in header.tensors):
        return None
    check_unet(header)
    for tensor, layout in _LAYOUTS:
        if tensor in header.tensors:
            return CheckpointKind(layout, SPEC.key, text_width(header), declared_prediction(header))
    raise no_text_encoder(header)


SPEC = FamilySpec(
    key="stable_diffusion",
    name="Stable Diffusion",
    engine="core.engine.families.stable_diffusion",
    pipelines=("StableDiffusionPipeline", "LatentConsistencyModelPipeline"),
    network="unet",
    latents=LatentLayout(4, 0.18215, models="Stable Diffusion 1.x and 2.x"),
    defaults=DefaultSettings("dpmpp_2m", 25, 7.0),
    variants=DISTILLED,
    embedded_guidance_key=EMBEDDED_GUIDANCE,
    single_file=SingleFile(
        _recognise, MappingProxyType({"unet": UNET, "vae": VAE, "text_encoder": "cond_stage_model."})
    ),
    lora=LoraFormat(
        "StableDiffusionLoraLoaderMixin",
        kinds=MappingProxyType(
            {128: "Emulsion's starter model", 768: "Stable Diffusion 1.x", 1024: "Stable Diffusion 2.x"}
        ),
    ),
    memory=MemoryFigures(step_per_place=16_700),
    transformers_parts=("clip",),
    diffusers_pipelines=("latent_consistency_models", "stable_diffusion"),
)
