"""The answers in the dialect of AUTOMATIC1111's program, as ``modules/api/models.py`` there describes them."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from app.serve.automatic import Asked
from app.serve.jobs import Job, progress_of
from app.serve.models import Served, filename
from app.serve.received import png_bytes
from core.models.upscalers import upscalers_of
from core.pictures.metadata import encode_png
from core.pictures.picture import GeneratedImage
from core.recipes.parameters import to_parameters
from core.recipes.recipe import signed
from core.request.hires import LANCZOS, LATENT_MODES
from core.request.numbering import numbered
from core.request.request import GenerationRequest
from core.request.samplers import SAMPLERS
from core.version import VERSION

HIDDEN = ("init_images", "mask", "alwayson_scripts")
"""Fields with pictures, which the answer does not repeat."""

FIXED_OPTIONS: Mapping[str, Any] = MappingProxyType({"samples_format": "png"})
"""Options that cannot be changed."""

_TIME = "%Y%m%d%H%M%S"


def answer(
    asked: Asked,
    request: GenerationRequest,
    images: Sequence[GeneratedImage],
    content: Mapping[str, Any],
    notes: Sequence[str],
    source: str,
) -> dict[str, Any]:
    """Returns the pictures, the fields as they came, and ``info``, a text that is JSON.

    Args:
        request: with its seeds chosen.
        source: the picture to begin with, as it came, for answers that have it.
    """
    now = datetime.now().astimezone()
    pictures = [base64.b64encode(encode_png(image, now)).decode() for image in images] if asked.sends else []
    parameters: dict[str, Any] = {**content, **dict.fromkeys(HIDDEN)}
    if asked.includes_source:
        parameters["init_images"] = [source]
    told = json.dumps(_info(asked, request, images, now, notes), ensure_ascii=False)
    return {"images": pictures, "parameters": parameters, "info": told}


def _info(
    asked: Asked, request: GenerationRequest, images: Sequence[GeneratedImage], now: datetime, notes: Sequence[str]
) -> dict[str, Any]:
    """Returns the entries of ``Processed.js`` in ``modules/processing.py``, and our notes."""
    made = [image.request for image in images] or [replace(numbered(request, 0), count=1)]
    first, model = made[0], images[0].recipe.model if images else None
    variation, sampler = first.variation, SAMPLERS[first.sampler]
    seeds = [one.variation.seed if one.variation and one.variation.seed is not None else -1 for one in made]
    resized = variation.size if variation else None
    return {
        "prompt": first.prompt,
        "all_prompts": [one.prompt for one in made],
        "negative_prompt": first.negative_prompt,
        "all_negative_prompts": [one.negative_prompt for one in made],
        "seed": first.seed,
        "all_seeds": [one.seed for one in made],
        "subseed": seeds[0],
        "all_subseeds": seeds,
        "subseed_strength": variation.strength if variation else 0,
        "width": first.size.width,
        "height": first.size.height,
        "sampler_name": sampler.label,
        "cfg_scale": first.guidance_scale,
        "steps": first.steps,
        "batch_size": asked.batch_size,
        "restore_faces": False,
        "face_restoration_model": None,
        "sd_model_name": model.key if model else first.model,
        "sd_model_hash": model.hash if model else "",
        "sd_vae_name": first.autoencoder.key if first.autoencoder else None,
        "sd_vae_hash": first.autoencoder.sha256[:10] if first.autoencoder else None,
        "seed_resize_from_w": resized.width if resized else -1,
        "seed_resize_from_h": resized.height if resized else -1,
        "denoising_strength": first.source.strength if first.source else first.hires and first.hires.strength,
        "extra_generation_params": {"Schedule type": sampler.schedule_label} if sampler.schedule_label else {},
        "index_of_first_image": 0,
        "infotexts": [to_parameters(signed(image.recipe, now)) for image in images],
        "styles": [],
        "job_timestamp": now.strftime(_TIME),
        "clip_skip": first.clip_skip,
        "is_using_inpainting_conditioning": False,
        "version": f"Emulsion {VERSION}",
        "emulsion_notes": list(notes),
    }


def progress(job: Job | None, waiting: int, *, has_picture: bool) -> dict[str, Any]:
    """Returns the state of the job in progress, with a preview."""
    done, step, steps = progress_of(job) if job is not None else (0.0, 0, 0)
    passed, picture = time.monotonic() - job.began if job is not None else 0.0, None
    if job is not None and has_picture and (stepped := job.stepped) is not None:
        picture = base64.b64encode(png_bytes(stepped.preview.pixels)).decode()
    began = datetime.now().astimezone().timestamp() - passed
    return {
        "progress": done,
        "eta_relative": passed / done - passed if done else 0.0,
        "state": {
            "skipped": job is not None and job.is_skipped,
            "interrupted": job is not None and job.is_interrupted,
            "stopping_generation": False,
            "job": "Emulsion" if job is not None else "",
            "job_count": len(job.requests) + waiting if job is not None else 0,
            "job_timestamp": datetime.fromtimestamp(began).strftime(_TIME) if job is not None else "0",
            "job_no": job.number if job is not None else 0,
            "sampling_step": step,
            "sampling_steps": steps,
        },
        "current_image": picture,
        "textinfo": None,
    }


def models(served: Served) -> list[dict[str, Any]]:
    return [
        {
            "title": served.title(model),
            "model_name": model.key,
            "hash": (sha256 := served.catalogue.sha256_if_known(model))[:10] or None,
            "sha256": sha256 or None,
            "filename": filename(model),
            "config": None,
        }
        for model in served.catalogue.models()
    ]


def samplers() -> list[dict[str, Any]]:
    """Returns our samplers by the names that this dialect has; their schedules are a list of their own."""
    return [
        {"name": sampler.label, "aliases": [key, *sampler.aliases], "options": {}}
        for key, sampler in SAMPLERS.items()
        if sampler.schedule_label is None
    ]


def schedulers() -> list[dict[str, Any]]:
    labels = ["Automatic", "Uniform", *dict.fromkeys(one.schedule_label for one in SAMPLERS.values())]
    return [
        {"name": label.lower(), "label": label, "aliases": None, "default_rho": -1.0, "need_inner_model": False}
        for label in labels
        if label is not None
    ]


def upscalers(served: Served) -> list[dict[str, Any]]:
    files = upscalers_of(served.catalogue).look()
    found = [(LANCZOS, 4), *((one.name, one.kind.scale if one.kind else 4) for one in files)]
    names = ("model_name", "model_path", "model_url")
    return [{"name": name, **dict.fromkeys(names), "scale": scale} for name, scale in found]


def latent_modes() -> list[dict[str, Any]]:
    return [{"name": name} for name in LATENT_MODES]


def loras(served: Served) -> list[dict[str, Any]]:
    return [
        {"name": one.name, "alias": one.name, "path": one.path.name, "metadata": {}}
        for one in served.catalogue.loras.look()
        if one.file is not None
    ]


def vaes(served: Served) -> list[dict[str, Any]]:
    return [{"model_name": one.name, "filename": one.path.name} for one in served.catalogue.autoencoders.files()]


def options(served: Served) -> dict[str, Any]:
    model = served.find("")
    sha256 = served.catalogue.sha256_if_known(model)
    return {"sd_model_checkpoint": served.title(model), "sd_checkpoint_hash": sha256, **FIXED_OPTIONS}
