"""Prints the texts that files hold about a run, as JSON: they are the same in every language."""

import json
from dataclasses import replace
from pathlib import Path

from app.messages.errors import message
from app.session.failed_run import is_of_failure, picture_of_failure
from core.errors import OutOfMemory
from core.film.description import describe
from core.paths import Folders
from core.recipes.parameters import from_parameters, to_parameters
from core.recipes.recipe import Recipe, recipe_to_json
from core.request.request import Autoencoder, Lora
from core.request.samplers import SAMPLERS
from core.runs.branch import Branch
from core.settings.settings import Settings, settings_to_json
from tests import synthetic_film

plain = synthetic_film.film(steps=4)
changed = replace(
    plain.request,
    prompt="a red house",
    negative_prompt="rain",
    sampler="dpmpp_2m_karras",
    loras=(Lora("ink", 0.5),),
    autoencoder=Autoencoder("ft-mse"),
    clip_skip=2,
    emphasis="no_norm",
    training="prediction_type=v_prediction",
    weight_bits=8,
    guidance_scale=3.5,
)
branch = Branch(plain, 2, changed, remaining_steps=7, fresh_noise=0.25, noise_seed=5)
film = replace(plain, request=changed, parent=branch.parent)
failure = picture_of_failure(plain, message(OutOfMemory("cuda", None, None)))
assert failure is not None
recipe = Recipe(changed, film.model, "denoised", 3, "cuda", "float16", 1.25, failure.note, "run", film.parent)
assert is_of_failure(recipe)
settings = Settings.default(Folders(*(Path("/nowhere") / name for name in Folders.__dataclass_fields__)))
parameters = to_parameters(recipe)
texts = {
    "recipe": recipe_to_json(recipe),
    "parameters": parameters,
    "all samplers": [to_parameters(replace(recipe, request=replace(changed, sampler=key))) for key in SAMPLERS],
    "read again": recipe_to_json(from_parameters(parameters)),
    "film": describe(film),
    "settings": settings_to_json(replace(settings, draft=changed)),
}
print(json.dumps(texts))  # noqa: T201
