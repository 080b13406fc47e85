"""All that is known of Stable Diffusion XL and what was distilled from it (Turbo, Lightning, LCM)."""

from __future__ import annotations

from types import MappingProxyType

from core.errors import ModelBroken
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

_CLIP = f"{CONDITIONER}embedders.0.transformer.text_model.embeddings.position_embedding.weight"
_OPEN_CLIP = f"{CONDITIONER}embedders.1.model.positional_embedding"
_REFINER = f"{CONDITIONER}embedders.0.model.positional_embedding"
_V_PREDICTION, _ZERO_SNR = "v_pred", "ztsnr"
"""Empty tensors by which makers mark v-prediction, and a schedule that ends in nothing but noise."""


def _recognise(header: SafetensorsHeader) -> CheckpointKind | None:
    names = header.tensors
    if not has_unet(header) or not any(name.startswith(CONDITIONER) for name in names):
        return None
    check_unet(header)
    if _OPEN_CLIP in names and _CLIP in names:
        prediction = "v_prediction" if _V_PREDICTION in names else declared_prediction(header)
        return CheckpointKind(SPEC.key, SPEC.key, text_width(header), prediction, _ZERO_SNR in names)
    if _REFINER in names:
        raise ModelBroken(header.path, "it is the refiner of Stable Diffusion XL, which Emulsion cannot use")
    raise no_text_encoder(header)


SPEC = FamilySpec(
    key="stable_diffusion_xl",
    name="Stable Diffusion XL",
    engine="core.engine.families.stable_diffusion_xl",
    pipelines=("StableDiffusionXLPipeline",),
    network="unet",
    text_encoders=("text_encoder", "text_encoder_2"),
    latents=LatentLayout(4, 0.13025),
    native_px=1024,
    defaults=DefaultSettings("dpmpp_2m", 30, 6.0),
    variants=DISTILLED,
    embedded_guidance_key=EMBEDDED_GUIDANCE,
    upcasts_autoencoder=True,
    single_file=SingleFile(_recognise, MappingProxyType({"unet": UNET, "vae": VAE, "text_encoder": CONDITIONER})),
    lora=LoraFormat(
        "StableDiffusionXLLoraLoaderMixin",
        key=r"^lora_te2_|^text_encoder_2\.",
        kinds=MappingProxyType({2048: "Stable Diffusion XL"}),
    ),
    memory=MemoryFigures(step_per_place=10_200),
    transformers_parts=("clip",),
    diffusers_pipelines=("stable_diffusion_xl",),
)
