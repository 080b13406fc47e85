"""The second pass at a larger size ("hires fix").

Its texts and guidance may be others than those of the first pass; LoRAs act in both.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any, cast

from core.errors import InvalidRequest
from core.language.words import mark, plural, tr
from core.request.hires import FIRST, LANCZOS, LATENT_MODES, Hires
from core.request.json_values import number_of, object_of, text_of, whole_of
from core.request.request import LARGEST_GUIDANCE_SCALE, STEPS, GenerationRequest, Limits, Size
from core.request.samplers import SAMPLERS
from core.request.setting import Option, Setting, json_reader, short_number, sparse_json_writer
from core.request.settings.emphasis import PLAIN
from core.request.settings.hires_parameters import ALL_STEPS, SCALES, size_of, take_hires, to_parameters
from core.request.settings.loras import take_tags
from core.request.typed_values import needing, typed_number, typed_whole_number

ROOM = 4
"""The sides of a second pass may be so many times as long as those that a model can begin with."""
_OWN = ("prompt", "negative_prompt", "guidance_scale")
"""Came after the first version."""
_HASH = re.compile(r"([0-9a-f]{8,64})?")


def _to_json(hires: Hires) -> dict[str, Any]:
    own = {name: getattr(hires, name) for name in _OWN}
    return {
        "upscaler": hires.key,
        "scale": hires.scale,
        "size": str(hires.size) if hires.size else None,
        "strength": hires.strength,
        "steps": hires.steps,
        "sampler": hires.sampler,
        "sha256": hires.sha256,
        **{name: value for name, value in own.items() if value not in ("", None)},
    }


def _from_json(value: object) -> Hires | None:
    if value is None:
        return None
    content, usual = object_of(value, "hires"), Hires()
    sampler, size = content.get("sampler", ""), content.get("size")
    sha256 = text_of(content.get("sha256", ""), "sha256")
    name = Hires(text_of(content.get("upscaler", usual.upscaler), "upscaler")).key
    guidance = content.get("guidance_scale")
    return Hires(
        name if name.strip(". ") else usual.upscaler,
        max(number_of(content.get("scale", usual.scale), "scale", SCALES[1]), SCALES[0]),
        size_of(size) if isinstance(size, str) else None,
        number_of(content.get("strength", usual.strength), "strength", 1.0) or usual.strength,
        whole_of(content.get("steps", 0), "steps", ALL_STEPS),
        sampler if isinstance(sampler, str) and sampler in SAMPLERS else "",
        sha256 if _HASH.fullmatch(sha256) else "",
        text_of(content.get("prompt", ""), "prompt"),
        text_of(content.get("negative_prompt", ""), "negative_prompt"),
        None if guidance is None else number_of(guidance, "guidance_scale", LARGEST_GUIDANCE_SCALE),
    )


def _check(request: GenerationRequest, limits: Limits) -> None:
    hires = request.hires
    if hires is None:
        return
    for given, sentence in (
        (
            request.source,
            tr(
                "A picture that starts from an image has no second pass: leave it out, and choose the size itself."
            ),
        ),
        (request.references, tr("A picture that the model makes of others has no second pass.")),
    ):
        if given:
            raise InvalidRequest(
                "hires fix", _words(hires), tr("a picture that begins with noise"), sentence=sentence
            )
    if hires.size is None and not SCALES[0] <= hires.scale <= SCALES[1]:  # also refuses NaN
        raise InvalidRequest(
            "hires fix", hires.scale, tr("a number from {least:g} to {most:g}", least=SCALES[0], most=SCALES[1])
        )
    if not 0 < hires.strength <= 1:
        raise InvalidRequest("hires strength", hires.strength, tr("a number above 0 and at most 1"))
    if hires.sampler and hires.sampler not in limits.samplers:
        raise InvalidRequest(
            "hires sampler", hires.sampler, tr("one of {samplers}", samplers=", ".join(limits.samplers))
        )
    scale = request.in_second_pass.guidance_scale
    if not 0 <= scale <= LARGEST_GUIDANCE_SCALE:
        allowed = tr("a number from 0 to {largest:g}", largest=LARGEST_GUIDANCE_SCALE)
        raise InvalidRequest(tr("hires guidance"), scale, allowed)
    if request.emphasis != PLAIN and (loras := take_tags(hires.prompt, "")[1]):
        sentence = tr(
            "LoRAs act in both passes: put {name} into the prompt of the picture, not of the second pass.",
            name=loras[0].key,
        )
        raise InvalidRequest(tr("hires prompt"), loras[0].key, tr("LoRAs of the prompt"), sentence=sentence)
    _check_steps(hires, request)
    target, largest = hires.target(request.size, limits.size_step), ROOM * limits.largest
    sides = (target.width, target.height)
    if min(sides) < limits.smallest or max(sides) > largest:
        words = tr("a size from {least} to {most} pixels each way", least=limits.smallest, most=largest)
        raise InvalidRequest("hires fix", str(target), words)


def _check_steps(hires: Hires, request: GenerationRequest) -> None:
    most = SAMPLERS[hires.sampler or request.sampler].most_steps or STEPS[-1]
    if hires.steps and hires.steps not in ALL_STEPS:
        raise InvalidRequest("hires steps", hires.steps, tr("a whole number from 0 to {most}", most=ALL_STEPS[-1]))
    if hires.schedule_steps(request.steps) > most:
        steps = hires.steps_after(request.steps)
        least = math.ceil(100 * steps / (most + 1)) / 100
        words = tr("at least {least:g} with {steps} steps, or fewer steps", least=least, steps=steps)
        raise InvalidRequest("hires strength", hires.strength, words)


def _fit(hires: Hires | None, limits: Limits, _own: Hires | None) -> Hires | None:
    is_known = hires is None or not hires.sampler or hires.sampler in limits.samplers
    return hires if is_known or hires is None else replace(hires, sampler="")


def _extent(hires: Hires) -> str:
    return str(hires.size) if hires.size else tr("{scale} times as wide", scale=short_number(hires.scale))


def _words(hires: Hires | None) -> str:
    if hires is None:
        return "none"
    parts = [f"{_extent(hires)}, {hires.key}", tr("strength {strength:g}", strength=hires.strength)]
    if hires.steps:
        parts.append(plural("1 step", "{count} steps", hires.steps))
    if hires.sampler:
        parts.append(SAMPLERS[hires.sampler].name)
    if hires.guidance_scale is not None:
        parts.append(tr("guidance {scale:g}", scale=hires.guidance_scale))
    if hires.has_own_texts:
        parts.append(tr("with a prompt of its own"))
    return ", ".join(parts)


def _parts(hires: Hires | None) -> dict[str, str]:
    if hires is None:
        return {"hires fix": "none"}
    return {
        "hires fix": _extent(hires),
        "hires upscaler": hires.key,
        "hires strength": f"{hires.strength:g}",
        "hires steps": str(hires.steps),
        "hires sampler": SAMPLERS[hires.sampler].name if hires.sampler else "none",
        "hires guidance": "none" if hires.guidance_scale is None else f"{hires.guidance_scale:g}",
        "hires prompt": hires.prompt or "none",
        "hires negative prompt": hires.negative_prompt or "none",
    }


def _given(text: str, now: Hires | None) -> Hires:
    usual = now or FIRST
    if re.search("[x×]", text, re.IGNORECASE):
        return replace(usual, size=Size.parse(text))
    return replace(usual, scale=typed_number("hires fix", text, SCALES[1]), size=None)


def _part(option: str, text: str, now: Hires | None, **changed: object) -> Hires:
    if now is None:
        raise needing(option.lstrip("-").replace("-", " "), text, option, "--hires")
    return replace(now, **cast("dict[str, Any]", changed))


HIRES: Setting[Hires | None] = Setting(
    name="hires",
    noun=mark("hires fix"),
    words=_words,
    card=tr("second pass {}"),
    parts=_parts,
    from_json=json_reader("hires", _from_json),
    to_json=sparse_json_writer("hires", lambda hires: _to_json(cast(Hires, hires))),
    check=_check,
    fit=_fit,
    options=(
        Option(
            "--hires",
            "BY|WxH",
            tr(
                "make a second pass over the picture, enlarged by a factor from {least:g} to {most:g}, such as 2, "
                "or to a size (hires fix)",
                least=SCALES[0],
                most=SCALES[1],
            ),
            _given,
            numbers="any",
        ),
        Option(
            "--hires-upscaler",
            "NAME",
            tr(
                "how it is enlarged before: {modes}, {lanczos}, or an upscaler by name or file (default: {usual})",
                modes=", ".join(LATENT_MODES),
                lanczos=LANCZOS,
                usual=FIRST.upscaler,
            ),
            lambda text, now: _part("--hires-upscaler", text, now, upscaler=text, sha256=""),
        ),
        Option(
            "--hires-strength",
            "S",
            tr(
                "how much of the enlarged picture changes: above 0, at most 1 (default: {strength:g})",
                strength=FIRST.strength,
            ),
            lambda text, now: _part(
                "--hires-strength", text, now, strength=typed_number("hires strength", text, 1.0)
            ),
            numbers="any",
        ),
        Option(
            "--hires-steps",
            "N",
            tr("steps of the second pass (default: 0, as many as in the first)"),
            lambda text, now: _part(
                "--hires-steps", text, now, steps=typed_whole_number("hires steps", text, ALL_STEPS)
            ),
            numbers="whole",
        ),
        Option(
            "--hires-sampler",
            "NAME",
            tr("sampler of the second pass (default: that of the first)"),
            lambda text, now: _part("--hires-sampler", text, now, sampler=text),
        ),
        Option(
            "--hires-guidance",
            "SCALE",
            tr("guidance scale of the second pass (default: that of the first)"),
            lambda text, now: _part(
                *("--hires-guidance", text, now),
                guidance_scale=typed_number("hires guidance", text, LARGEST_GUIDANCE_SCALE),
            ),
            numbers="any",
        ),
        Option(
            "--hires-prompt",
            "TEXT",
            tr("what the second pass shows (default: the prompt)"),
            lambda text, now: _part("--hires-prompt", text, now, prompt=text),
        ),
        Option(
            "--hires-negative",
            "TEXT",
            tr("what the second pass leaves out (default: what the first does)"),
            lambda text, now: _part("--hires-negative", text, now, negative_prompt=text),
        ),
    ),
    to_parameters=to_parameters,
    take_parameters=take_hires,
    can_branch=False,
)
