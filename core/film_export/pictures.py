"""Makes pictures of one call of a film, without window or network: for views, exports and commands."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageOps

from core.control.maps import map_key
from core.film.control_maps import known_maps
from core.film.film import Film, Frame, Latent
from core.language.words import tr
from core.measures.conversions import (
    Values,
    denoised_from,
    noisy_of,
    predicted_flow,
    predicted_noise,
    predicted_velocity,
)
from core.measures.guidance_map import guidance_map
from core.measures.noise_levels import picture_share
from core.pictures.colour_maps import heat_over
from core.pictures.pixels import Pixels
from core.prompt.timeline import acting_controls, acting_in_second_pass, first_call
from core.request.control import IMAGE_PROMPTS, Control
from core.runs.operations import Operation

GAP_PX = 4
_GAP_COLOUR = 24

Decode = Callable[[Film, Latent], Pixels]
"""Decodes a latent in variance-preserving scale, such as `Frame.denoised`, by the full autoencoder."""


@dataclass(frozen=True, slots=True, eq=False)
class CaptionedPicture:
    """A picture and the line below it, in plain Latin letters, because the font of exports has no Greek."""

    picture: Pixels
    caption: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class ExportFrame(Operation[CaptionedPicture]):
    """Makes the picture of a call as exports show it; ``views`` are keys of `PICTURES`.

    ``is_decoded`` shows by the autoencoder what it can show, otherwise no model is needed.
    """

    film: Film
    frame: Frame
    views: Sequence[str]
    is_decoded: bool


_PREDICTIONS = {"v_prediction": predicted_velocity, "flow_prediction": predicted_flow}


def prediction(film: Film, frame: Frame) -> Values:
    """Returns float32 (channels, height, width): velocity for models that predict it, noise for all others."""
    kind = _PREDICTIONS.get(film.prediction_type, predicted_noise)
    return kind(noisy_of(frame, film.space_at(frame.call)), frame.denoised, frame.sigma)


def denoised_by(film: Film, frame: Frame, half: Latent) -> Values:
    """Returns x0 as predicted by one half, cond or uncond, alone."""
    return denoised_from(noisy_of(frame, film.space_at(frame.call)), half, frame.sigma, film.prediction_type)


def denoised_picture(film: Film, frame: Frame) -> Pixels:
    return film.latent_rgb.picture(frame.denoised)


def noisy_picture(film: Film, frame: Frame) -> Pixels:
    return film.latent_rgb.picture(noisy_of(frame, film.space_at(frame.call)))


def guidance_picture(film: Film, frame: Frame) -> Pixels:
    """Returns the heat map over the denoised picture, or that picture alone if guidance was off."""
    picture = denoised_picture(film, frame)
    if frame.cond is None or frame.uncond is None:
        return picture
    strengths = guidance_map(frame.cond, frame.uncond)
    return heat_over(picture, strengths / (float(strengths.max()) or 1.0))


def control_picture(film: Film, frame: Frame) -> Pixels | None:
    """Returns the maps that guide this call, laid over each other by their lightest colours; None without any.

    They have the size in which the model works; the square of an IP-Adapter is put into their middle.
    """
    known = known_maps(film)
    is_second = film.second is not None and frame.call >= film.second.first_call
    maps = (known[film.last_size] if is_second else {}) or known[film.request.size]
    if not maps:
        return None
    sizes = {key[1] in IMAGE_PROMPTS: pixels.shape[:2] for key, pixels in maps.items()}
    height, width = sizes.get(False) or sizes[True]
    laid = np.zeros((height, width, 3), np.uint8)
    for one in acting_in(film, frame):
        if (pixels := maps.get(map_key(one))) is not None:
            fitted = ImageOps.pad(Image.fromarray(pixels), (width, height))
            laid = np.maximum(laid, np.asarray(fitted))
    return laid


def acting_in(film: Film, frame: Frame) -> tuple[Control, ...]:
    """Returns the controls that guide a call."""
    if film.second is not None and frame.call >= film.second.first_call:
        acting, call = acting_in_second_pass(film.request), frame.call - film.second.first_call
    else:
        acting = acting_controls(film.request, film.skipped_steps)
        call = first_call(film.request, film.skipped_steps) + frame.call
    return acting[min(call, len(acting) - 1)]


def _control_or_denoised(film: Film, frame: Frame) -> Pixels:
    picture = control_picture(film, frame)
    return denoised_picture(film, frame) if picture is None else picture


PICTURES: Mapping[str, Callable[[Film, Frame], Pixels]] = MappingProxyType(
    {
        "denoised": denoised_picture,
        "noisy": noisy_picture,
        "predicted_noise": lambda film, frame: film.latent_rgb.picture(prediction(film, frame)),
        "guidance": guidance_picture,
        "control": _control_or_denoised,
    }
)
"""Pictures of what the model works on, by the linear map to colours, in the size of the latent or larger."""


DECODED = frozenset({"denoised", "noisy"})
"""Pictures that the autoencoder can show; the others stay linear."""


def caption(film: Film, frame: Frame) -> str:
    """Returns ``12/30 · 80 % noise``, the part of x_t by amplitude; the last step ends without noise."""
    noise = 100 - round(100 * picture_share(float(frame.sigma)))
    is_last = frame.call + 1 == film.schedule.calls
    state = tr("finished") if is_last else tr("{noise} % noise", noise=noise)
    return f"{frame.step + 1}/{film.request.all_steps} · {state}"


def captioned(film: Film, frame: Frame, names: Sequence[str], decode: Decode | None = None) -> CaptionedPicture:
    """Shows a call in the size of the finished picture, the named pictures side by side.

    Args:
        names: keys of `PICTURES`.
        decode: shows ``denoised`` and ``noisy`` by the autoencoder; None: everything by the linear map.
    """
    pictures = [_full_size(film, frame, name, decode) for name in names]
    return CaptionedPicture(_side_by_side(pictures), caption(film, frame))


def export_frames(film: Film, names: Sequence[str], decode: Decode | None = None) -> Iterator[CaptionedPicture]:
    """Shows the film's calls one after the other; see `captioned`."""
    for frame in film.frames:
        yield captioned(film, frame, names, decode)


def _full_size(film: Film, frame: Frame, name: str, decode: Decode | None) -> Pixels:
    if decode is not None and name == "denoised":
        pixels = decode(film, frame.denoised)
    elif decode is not None and name == "noisy":
        pixels = decode(film, noisy_of(frame, film.space_at(frame.call)).astype(frame.noisy.dtype))
    else:
        pixels = PICTURES[name](film, frame)
    size = film.last_size
    if pixels.shape[1::-1] != (size.width, size.height):
        full = size.covered_by(pixels.shape[1], pixels.shape[0])
        enlarged = Image.fromarray(pixels).resize((full.width, full.height), Image.Resampling.BICUBIC)
        pixels = np.asarray(enlarged)[: size.height, : size.width]
    return film.shown(pixels)


def _side_by_side(pictures: Sequence[Pixels]) -> Pixels:
    gap = np.full((pictures[0].shape[0], GAP_PX, 3), _GAP_COLOUR, np.uint8)
    parts: list[Pixels] = []
    for picture in pictures:
        parts += [gap, picture]
    return np.concatenate(parts[1:], axis=1)
