"""A recipe from what a picture tells as text, under AUTOMATIC1111's names: all programs' recipes end here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.recipes.recipe import ModelIdentity, Recipe
from core.recipes.refinement import take_refinement
from core.request.json_codec import request_from_json, untold_in
from core.request.json_values import plain_name, without_ending
from core.request.settings import SETTINGS


def recipe_of(
    told: Mapping[str, str],
    prompt: str | None,
    negative_prompt: str | None,
    loras: Sequence[Mapping[str, object]] = (),
) -> Recipe:
    """Maps known settings; the rest stays as text, and what is missing is untold. Raises ValueError.

    ``None`` stands for a prompt that is not told, ``loras`` for those that are not tags in it.
    """
    rest = dict(told)
    refined = take_refinement(rest)
    content: dict[str, object] = {"prompt": prompt or ""}
    for setting in SETTINGS:
        setting.take_parameters(rest, content)
    content["loras"] = [*content.get("loras", []), *loras]  # pyright: ignore[reportGeneralTypeIssues]
    if prompt is None:
        del content["prompt"]
    if negative_prompt is not None:
        content["negative_prompt"] = negative_prompt
    if name := without_ending(plain_name(rest.pop("Model", ""))):
        content["model"] = name
    untold = untold_in(content)
    request = request_from_json({"model": "", **content})
    program = rest.pop("Version", "")
    if rest.get("RNG") == "CPU" and program.startswith("Emulsion"):
        del rest["RNG"]
    return Recipe(
        request=request,
        model=ModelIdentity(name, name, "", rest.pop("Model hash", "")[:64]),
        step=0 if "steps" in untold else request.all_steps,
        refined=refined,
        program=program,
        others=rest,
        untold=untold,
    )
