"""Reads requests in the dialect of AUTOMATIC1111's program: ``/sdapi/v1/txt2img`` and ``/sdapi/v1/img2img``.

Names, meanings and neutral values are those of ``modules/api/models.py`` and ``modules/processing.py`` there. A
field that is left out is as the model works best, and not as that program has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image

from app.serve.automatic_controls import controls_of
from app.serve.fields import Fields, refused, unfit
from app.serve.models import Served
from app.serve.received import Received, bytes_of, in_size, opened
from core.language.words import tr
from core.models.model import Model
from core.request.hires import LANCZOS, LATENT_MODES, Hires
from core.request.json_values import plain_name
from core.request.mask import Mask
from core.request.request import Autoencoder, GenerationRequest, Size, Source, Variation
from core.request.sampler_names import AUTOMATIC, sampler_key
from core.request.settings import validate

STRENGTH = 0.75
MOST_PICTURES = 100
"""In one answer, which has all of them."""

_FILLS = ("surroundings", "original", "noise", "#808080")
_BLUR = 4
_USE_SAME = ("", "Use same sampler", "Use same scheduler", "Use same checkpoint")

_NEUTRAL: Mapping[str, tuple[object, ...]] = MappingProxyType(
    {
        "styles": ([],),
        "restore_faces": (False,),
        "s_min_uncond": (0,),
        "s_churn": (0,),
        "s_tmin": (0,),
        "s_tmax": (0,),
        "s_noise": (1,),
        "script_name": ("", "None"),
        "refiner_checkpoint": ("", "None"),
        "refiner_switch_at": (0, 1),
        "token_merging_ratio": (0,),
        "token_merging_ratio_hr": (0,),
        "firstphase_width": (0,),
        "firstphase_height": (0,),
        "hr_checkpoint_name": _USE_SAME,
        "initial_noise_multiplier": (1,),
        "latent_mask": (),
        "disable_extra_networks": (False,),
        "infotext": ("",),
    }
)
"""Fields that would change the picture and are refused, but for these values, which change nothing."""

_WITHOUT_EFFECT = (
    *("do_not_save_samples", "do_not_save_grid", "save_images", "override_settings_restore_afterwards"),
    *("script_args", "image_cfg_scale", "do_not_reload_embeddings", "force_task_id"),
    *("seed_enable_extras", "ddim_discretize", "extra_generation_params", "comments"),
)
"""Fields that change no picture of ours."""

_NEUTRAL_OPTIONS: Mapping[str, tuple[object, ...]] = MappingProxyType(
    {
        "eta_noise_seed_delta": (0,),
        "randn_source": ("CPU",),
        "samples_format": ("png",),
        "img2img_fix_steps": (False,),
    }
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request in this dialect.

    Attributes:
        batch_size: pictures at once, as the client counts them; they are made one after the other.
        sends: the answer has the pictures. begins_with_source: and the one to begin with, too.
        notes: sentences about fields without effect.
    """

    request: GenerationRequest
    batch_size: int
    sends: bool
    includes_source: bool
    notes: tuple[str, ...]


def txt2img(content: Mapping[str, Any], received: Received, served: Served) -> Asked:
    """Reads a request for new pictures. Raises InvalidRequest, ModelMissing, ModelBroken or SaveFailed."""
    fields = Fields(content)
    model, request = _request(fields, received, served)
    names = ("scale", "upscaler", "second_pass_steps", "resize_x", "resize_y", "sampler_name", "scheduler")
    texts = ("prompt", "negative_prompt", "cfg")
    if fields.flag("enable_hr"):
        request = replace(request, hires=_hires(fields, served))
    for name in ("denoising_strength", *(f"hr_{name}" for name in (*names, *texts))):
        fields.any(name)
    return _asked(fields, request, model)


def img2img(content: Mapping[str, Any], received: Received, served: Served) -> Asked:
    """Reads a request for changed pictures. Raises as `txt2img` does."""
    fields = Fields(content)
    model, request = _request(fields, received, served)
    pictures = fields.items("init_images")
    if len(pictures) != 1:
        raise unfit("init_images", len(pictures), tr("a list of one picture"))
    mode = fields.whole("resize_mode", 0)
    if mode not in (0, 1):
        raise unfit("resize_mode", mode, tr("0 (stretched) or 1 (cut)"))
    fit = in_size(request.size, is_cut=mode == 1)
    is_close = fields.flag("inpaint_full_res", default=True)
    has_mask = fields.any("mask") not in (None, "")
    source = bytes_of("init_images", pictures[0])
    path = received.keep("init_images", source, None if has_mask and is_close else fit)
    mask = _mask(fields, received, Size(*opened("init_images", path).size), is_close=is_close)
    strength = fields.number("denoising_strength", STRENGTH)
    request = replace(request, source=Source(str(path), strength), mask=mask if has_mask else None)
    return _asked(fields, request, model, includes_source=fields.flag("include_init_images"))


def _asked(fields: Fields, request: GenerationRequest, model: Model, *, includes_source: bool = False) -> Asked:
    batch_size, rounds = fields.whole("batch_size", 1), fields.whole("n_iter", 1)
    sends = fields.flag("send_images", default=True)
    for name, values in _NEUTRAL.items():
        _check_neutral(name, fields.any(name), values)
    for name in _WITHOUT_EFFECT:
        fields.any(name)
    notes = [tr("{field} has no effect here", field="eta")] if fields.any("eta") not in (None, 0, 1) else []
    notes += [tr("{field} is not known here", field=name[:60]) for name in sorted(fields.left)[:20]]
    if min(batch_size, rounds) < 1 or batch_size * rounds > MOST_PICTURES:
        told = f"{batch_size} x {rounds}"
        raise unfit("batch_size", told, tr("{least} to {most}", least=1, most=MOST_PICTURES))
    request = replace(request, count=batch_size * rounds)
    validate(request, model.limits)
    return Asked(request, batch_size, sends, includes_source, tuple(notes))


def _check_neutral(name: str, value: object, neutral: tuple[object, ...]) -> None:
    if value is not None and not any(value == one for one in neutral):
        sentence = tr("{field} would change the picture in a way that is not done here; leave it out.", field=name)
        raise refused(name, sentence)


def _request(fields: Fields, received: Received, served: Served) -> tuple[Model, GenerationRequest]:
    options = fields.part("override_settings")
    model = served.find(options.text("sd_model_checkpoint"))
    own = served.own(model)
    width, height = fields.whole("width", own.size.width), fields.whole("height", own.size.height)
    vae = options.text("sd_vae", "Automatic")
    request = replace(
        own,
        model=model.key,
        prompt=fields.text("prompt"),
        negative_prompt=fields.text("negative_prompt", own.negative_prompt),
        size=Size(width, height),
        sampler=_sampler(fields, own.sampler),
        steps=fields.whole("steps", own.steps),
        guidance_scale=fields.number("cfg_scale", own.guidance_scale),
        seed=_seed(fields.whole("seed", None)),
        variation=_variation(fields),
        seamless="xy" if fields.flag("tiling") else "",
        clip_skip=options.whole("CLIP_stop_at_last_layers", own.clip_skip),
        autoencoder=None if vae in ("Automatic", "None", "") else Autoencoder(plain_name(vae)),
        controls=controls_of(fields.part("alwayson_scripts"), received),
    )
    for name, values in _NEUTRAL_OPTIONS.items():
        _check_neutral(name, options.any(name), values)
    for name, value in options.left.items():
        _check_neutral(f"override_settings.{name[:60]}", value, ())
    return model, request


def _seed(seed: int | None) -> int | None:
    """Returns None for -1, which draws one there."""
    return None if seed == -1 else seed


def _sampler(fields: Fields, own: str) -> str:
    name, schedule = fields.text("sampler_name") or fields.text("sampler_index"), fields.text("scheduler")
    fields.any("sampler_index")
    if not name:
        return own
    return _known_sampler("sampler_name", name, schedule)


def _known_sampler(field: str, name: str, schedule: str) -> str:
    if (key := sampler_key(name, schedule or AUTOMATIC)) is None:
        told = f"{name} {schedule}".strip()
        raise unfit(field, told, tr("one of those that /sdapi/v1/samplers and /sdapi/v1/schedulers list"))
    return key


def _variation(fields: Fields) -> Variation | None:
    strength, seed = fields.number("subseed_strength", 0.0), _seed(fields.whole("subseed", None))
    width, height = (fields.whole(f"seed_resize_from_{side}", 0) for side in ("w", "h"))
    size = Size(width, height) if min(width, height) > 0 else None
    return Variation(strength, seed, size) if strength or size else None


def _hires(fields: Fields, served: Served) -> Hires:
    from core.models.upscalers import upscalers_of

    name = fields.text("hr_upscaler") or "Latent"
    if name in ("None", LANCZOS):
        name = LANCZOS
    elif name not in LATENT_MODES:
        name = upscalers_of(served.catalogue).find(plain_name(name)).stem
    size = Size(fields.whole("hr_resize_x", 0), fields.whole("hr_resize_y", 0))
    sampler, schedule = fields.text("hr_sampler_name"), fields.text("hr_scheduler")
    if sampler in _USE_SAME:
        sampler = fields.text("sampler_name") if schedule not in _USE_SAME else ""
    return Hires(
        name,
        fields.number("hr_scale", 2.0),
        size if size.width or size.height else None,
        fields.number("denoising_strength", STRENGTH),
        fields.whole("hr_second_pass_steps", 0),
        _known_sampler("hr_sampler_name", sampler, "" if schedule in _USE_SAME else schedule) if sampler else "",
        prompt=fields.text("hr_prompt"),
        negative_prompt=fields.text("hr_negative_prompt"),
        guidance_scale=fields.number("hr_cfg", None),
    )


def _mask(fields: Fields, received: Received, size: Size, *, is_close: bool) -> Mask | None:
    """Returns the mask: white is changed, or what is not transparent in one that is so in places.

    So does ``create_binary_mask`` there.
    """
    text, is_inverted = fields.any("mask"), fields.whole("inpainting_mask_invert", 0) == 1
    blurs = [fields.number(name, None) for name in ("mask_blur", "mask_blur_x", "mask_blur_y")]
    fill, padding = fields.whole("inpainting_fill", 0), fields.whole("inpaint_full_res_padding", 0)
    is_round = fields.flag("mask_round", default=True)
    if text in (None, ""):
        return None
    told = {blur for blur in (blurs[1:] if blurs[0] is None else blurs[:1]) if blur is not None} or {_BLUR}
    if len(told) > 1:
        raise unfit("mask_blur_x", blurs[1], tr("as wide as mask_blur_y"))
    if fill not in range(len(_FILLS)):
        raise unfit("inpainting_fill", fill, tr("{least} to {most}", least=0, most=len(_FILLS) - 1))

    def grey(picture: Image.Image) -> Image.Image:
        is_alpha = picture.mode == "RGBA" and picture.getchannel("A").getextrema() != (255, 255)
        shape = picture.getchannel("A") if is_alpha else picture.convert("L")
        return shape.resize((size.width, size.height), Image.Resampling.NEAREST)

    path = received.keep("mask", bytes_of("mask", text), grey)
    pixels = np.asarray(opened("mask", path))[..., 0]
    if is_round:
        pixels = np.where(pixels > 128, 255, 0).astype(np.uint8)
    pixels = 255 - pixels if is_inverted else pixels
    if not pixels.any():
        sentence = tr("The mask is empty: nothing would be changed.")
        raise refused("mask", sentence)
    area = "close" if is_close else "whole"
    return Mask(str(received.keep_mask(pixels)), "", area, padding, _FILLS[fill], float(*told))
