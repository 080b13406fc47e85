"""All that is known of Stable Diffusion XL and what was distilled from it (Turbo, Lightning, LCM)."""

from types import MappingProxyType

from core.families.spec import (
    CheckpointKind,
    DefaultSettings,
    FamilySpec,
    LatentLayout,
    LoraFormat,
    Role,
    SingleFile,
)
from core.families.unet_files import (
    CONDITIONER,
    DISTILLED,
    EMBEDDED_GUIDANCE,
    UNETS,
    VAE,
    original_unet_names,
    recognise_unet,
)
from core.file_kinds.networks import UNET_NAMES
from core.files.safetensors_header import SafetensorsHeader


def _recognise(header: SafetensorsHeader) -> CheckpointKind | None:
    layouts = {(first, second): SPEC.key for first in _FIRST for second in _SECOND}
    return recognise_unet(header, SPEC.key, layouts, is_xl=True)


_FIRST = (f"{CONDITIONER}embedders.0.transformer.", "text_encoder.")
_SECOND = (f"{CONDITIONER}embedders.1.model.", f"{CONDITIONER}embedders.1.transformer.", "text_encoder_2.")
_PREFIXES = {"unet": UNETS, "vae": VAE, "text_encoder": _FIRST, "text_encoder_2": _SECOND}


SPEC = FamilySpec(
    key="stable_diffusion_xl",
    name="Stable Diffusion XL",
    engine="core.engine.families.stable_diffusion_xl",
    pipelines=(
        *("StableDiffusionXLPipeline", "StableDiffusionXLImg2ImgPipeline"),
        *("StableDiffusionXLInpaintPipeline", "StableDiffusionXLInstructPix2PixPipeline"),
    ),
    network="unet",
    text_encoders=("text_encoder", "text_encoder_2"),
    latents=LatentLayout(4, 0.13025),
    native_px=1024,
    defaults=DefaultSettings("dpmpp_2m", 30, 6.0),
    variants=DISTILLED,
    optional_settings=("clip_skip", "emphasis", "embeddings", "seamless", "controls"),
    embedded_guidance_key=EMBEDDED_GUIDANCE,
    upcasts_autoencoder=True,
    roles=MappingProxyType({name: Role(("clip",)) for name in ("text_encoder", "text_encoder_2")}),
    single_file=SingleFile(_recognise, MappingProxyType(_PREFIXES)),
    lora=LoraFormat(
        original_unet_names,
        key=r"^lora_te2_|^text_encoder_2\.",
        kinds=MappingProxyType({2048: UNET_NAMES[2048]}),
    ),
    step_values=10_200,
    transformers_parts=("clip",),
    diffusers_pipelines=("stable_diffusion_xl",),
)
