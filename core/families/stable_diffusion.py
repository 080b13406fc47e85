"""All that is known of Stable Diffusion 1.x and 2.x, what was distilled from them, and the starter model."""

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
    DISTILLED,
    EMBEDDED_GUIDANCE,
    STABLE_DIFFUSION_1,
    STABLE_DIFFUSION_2,
    UNETS,
    VAE,
    original_unet_names,
    recognise_unet,
)
from core.file_kinds.networks import UNET_NAMES
from core.files.safetensors_header import SafetensorsHeader

_TEXT = "cond_stage_model."
_CLIP, _OPEN_CLIP = (f"{_TEXT}transformer.", "text_encoder."), f"{_TEXT}model."
_PREFIXES = {"unet": UNETS, "vae": VAE, "text_encoder": (*_CLIP, _OPEN_CLIP)}


def _recognise(header: SafetensorsHeader) -> CheckpointKind | None:
    layouts = {(start,): STABLE_DIFFUSION_1 for start in _CLIP} | {(_OPEN_CLIP,): STABLE_DIFFUSION_2}
    return recognise_unet(header, SPEC.key, layouts, is_xl=False)


SPEC = FamilySpec(
    key="stable_diffusion",
    name="Stable Diffusion",
    engine="core.engine.families.stable_diffusion",
    pipelines=(
        *("StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline", "StableDiffusionInpaintPipeline"),
        *("StableDiffusionInstructPix2PixPipeline", "StableDiffusionDepth2ImgPipeline"),
        *("LatentConsistencyModelPipeline", "LatentConsistencyModelImg2ImgPipeline"),
    ),
    network="unet",
    latents=LatentLayout(4, 0.18215, models="Stable Diffusion 1.x and 2.x"),
    defaults=DefaultSettings("dpmpp_2m", 25, 7.0),
    variants=DISTILLED,
    optional_settings=("clip_skip", "emphasis", "embeddings", "seamless", "controls"),
    embedded_guidance_key=EMBEDDED_GUIDANCE,
    roles=MappingProxyType({"text_encoder": Role(("clip",))}),
    single_file=SingleFile(
        _recognise,
        MappingProxyType(_PREFIXES),
        sizes=MappingProxyType(
            {(STABLE_DIFFUSION_2, "epsilon"): "512x512", (STABLE_DIFFUSION_2, "v_prediction"): "768x768"}
        ),
    ),
    lora=LoraFormat(
        original_unet_names,
        kinds=MappingProxyType({width: UNET_NAMES[width] for width in (128, 768, 1024)}),
    ),
    step_values=16_700,
    transformers_parts=("clip",),
    diffusers_pipelines=("latent_consistency_models", "stable_diffusion"),
)
