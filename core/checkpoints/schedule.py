"""The noise schedule of a model's training: read from its folder, checked by name, and completed by its traits.

Import, card and engine ask here, so that a schedule is either followed or refused in the same words everywhere.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from core.errors import ModelBroken
from core.families.spec import CheckpointKind, FamilySpec
from core.families.variants import VARIANT
from core.files.json_file import read_json
from core.language.words import tr
from core.request.request import Size
from core.request.samplers import WITH_TERMINAL
from core.request.traits import Said, Trait, Traits, names_of, resolve

_LINEAR = {"num_train_timesteps": 1000, "beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear"}
_NARROW = _LINEAR | {"beta_start": 0.00085, "beta_end": 0.012}
_SCALED = _NARROW | {"beta_schedule": "scaled_linear"}
_SCHEDULERS: Mapping[str, Mapping[str, Any]] = {
    **dict.fromkeys(("DDIM", "DDPM", "DEISMultistep", "DPMSolverMultistep", "DPMSolverSinglestep"), _LINEAR),
    **dict.fromkeys(("EulerAncestralDiscrete", "EulerDiscrete", "LMSDiscrete", "PNDM", "SASolver"), _LINEAR),
    **dict.fromkeys(("DPMSolverSDE", "HeunDiscrete", "KDPM2AncestralDiscrete", "KDPM2Discrete"), _NARROW),
    **dict.fromkeys(("LCM", "TCD"), _SCALED),
    "UniPCMultistep": _LINEAR,
}
"""diffusers' schedulers whose configurations mean the same to each other, so that any sampler can stand in their
place, with the values that each has where its configuration is silent."""

_FLOW = ("FlowMatchEulerDiscrete", "FlowMatchHeunDiscrete", "FlowMatchLCM")
_VALUES: Mapping[str, tuple[Any, ...]] = {
    "beta_schedule": ("linear", "scaled_linear", "squaredcos_cap_v2"),
    "prediction_type": ("epsilon", "v_prediction", "sample", "flow_prediction"),
    "timestep_spacing": ("leading", "linspace", "trailing"),
    "timestep_type": ("discrete",),
    "interpolation_type": ("linear",),
    "time_shift_type": ("exponential",),
    "rescale_betas_zero_snr": (False, True),
}
"""The values that all samplers follow. A key that is missing has its usual one."""

_UNUSED = (
    *("sigma_min", "sigma_max", "sigma_data", "thresholding", "use_beta_sigmas", "use_exponential_sigmas"),
    *("use_lu_lambdas", "shift_terminal", "invert_sigmas"),
)
"""Keys that only some samplers would follow: with one that is set, the others would make another picture."""

_NUMBERS = ("num_train_timesteps", "beta_start", "beta_end", "shift", "flow_shift", "shift_terminal")
OF_SAMPLERS = frozenset(
    {
        *("algorithm_type", "dynamic_thresholding_ratio", "euler_at_final", "final_sigmas_type", "solver_p"),
        *("lambda_min_clipped", "lower_order_final", "original_inference_steps", "predict_x0", "skip_prk_steps"),
        *("solver_order", "solver_type", "stochastic_sampling", "timestep_scaling", "use_karras_sigmas"),
        "variance_type",
    }
)
"""Keys by which a folder chooses a sampler. The sampler of a request stands in their place."""


def read_schedule(folder: Path, family: FamilySpec) -> dict[str, Any]:
    """Returns content of ``scheduler_config.json``. Raises ModelBroken for a schedule that no sampler follows."""
    path = folder / "scheduler" / "scheduler_config.json"
    config = read_json(path)
    name = str(config.get("_class_name", "")).removesuffix("Scheduler")
    if name not in _SCHEDULERS and not (family.is_flow and name in _FLOW):
        what = tr("another noise schedule (EDM)") if name.startswith("EDM") else tr("a schedule of another kind")
        raise _refused(
            folder,
            tr("it is trained on {what}, by its scheduler {name}", what=what, name=name or tr("without a name")),
        )
    if is_flow_schedule(config) != family.is_flow:
        kind = tr("noise prediction") if family.is_flow else tr("flow matching")
        raise _refused(folder, tr("it is trained for {kind}, by its scheduler {name}", kind=kind, name=name))
    unused = (*_UNUSED, "use_karras_sigmas") if family.is_flow else _UNUSED
    followed = ("shift_terminal",) if set(family.samplers) <= set(WITH_TERMINAL) else ()
    told = {key: value for key, value in config.items() if value is not None}
    for key, value in told.items():
        is_known = (
            value in _VALUES[key] if key in _VALUES else key in followed or key not in unused or value is False
        )
        if not is_known:
            raise _refused(folder, tr("its scheduler has {key} {value!s:.40}", key=key, value=value))
        if key in _NUMBERS and (isinstance(value, bool) or not isinstance(value, int | float) or value <= 0):
            raise ModelBroken(path, tr("this file is damaged: {key} is not a number above 0", key=key))
    betas, count = told.get("trained_betas"), told.get("num_train_timesteps", 1000)
    if betas is not None and not (isinstance(betas, list) and len(cast("list[object]", betas)) == count):
        raise ModelBroken(path, tr("this file is damaged: trained_betas are not {count} numbers", count=count))
    return {**_SCHEDULERS.get(name, {}), **told}


def is_flow_schedule(config: Mapping[str, Any]) -> bool:
    """Returns True for the scheduler's configuration of a flow-matching model."""
    is_named = str(config.get("_class_name", "")).startswith("FlowMatch")
    return is_named or config.get("prediction_type") == "flow_prediction" or config.get("use_flow_sigmas") is True


def said_by(config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the traits that a scheduler's configuration tells."""
    if not is_flow_schedule(config):
        return {
            "prediction_type": config.get("prediction_type") or "epsilon",
            "zero_snr": bool(config.get("rescale_betas_zero_snr")),
        }
    if config.get("use_dynamic_shifting"):  # depends on the size of the picture
        return {}
    return {"shift": float(config.get("shift") or config.get("flow_shift") or 1.0)}


def sampler_of(config: Mapping[str, Any], usual: str) -> str:
    """Returns the family's usual sampler, DPM++ 2M in the form that the folder's own scheduler has."""
    if usual != "dpmpp_2m":
        return usual
    sde = "_sde" if str(config.get("algorithm_type")).startswith("sde") else ""
    return f"{usual}{sde}{'_karras' if config.get('use_karras_sigmas') is True else ''}"


def model_traits(
    said: Said,
    schedule: Mapping[str, Any],
    side_px: int,
    family: FamilySpec,
    kind: CheckpointKind | None,
    *,
    teller: str = "",
) -> Traits:
    """Returns the traits that models of the family have; the size of some follows from what they predict.

    ``schedule`` and ``side_px`` are those of the configurations: the model's, or for a single file its family's.
    ``teller`` is the place that tells the schedule, where it is not the one that tells the size.
    """
    place = "family" if kind is not None and kind.layout else "configuration"
    own = {place: {"size": str(Size(side_px, side_px)), "clip_skip": 1}}
    own[teller or place] = {**own.get(teller or place, {}), **said_by(schedule)}
    traits = resolve({**said, **{place: {**said.get(place, {}), **values} for place, values in own.items()}})
    prediction = traits.get("prediction_type")
    if kind is not None and family.single_file is not None and prediction is not None:
        size = family.single_file.sizes.get((kind.layout, prediction.value))
        if size is not None and traits["size"].place == "family" != prediction.place:
            traits = {**traits, "size": Trait(size, prediction.place)}
    zero, is_noise = traits.get("zero_snr"), prediction is not None and prediction.value == "epsilon"
    if zero is not None and prediction is not None and zero.value and is_noise and zero.place != place:
        # nothing can be told from the noise where there is only noise: other programs ignore the mark, too
        traits = {**traits, "zero_snr": Trait(value=False, place=prediction.place, others={zero.place: True})}
    return {name: traits[name] for name in trait_names(family) if name in traits}


def trait_names(family: FamilySpec) -> tuple[str, ...]:
    """Returns the names of the traits that can be chosen for models of a family."""
    is_there = {"clip_skip": "clip_skip" in family.optional_settings, VARIANT: bool(family.plain)}
    return tuple(name for name in names_of(family.is_flow) if is_there.get(name, True))


def with_values(config: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the configuration that follows the values of traits."""
    made = dict(config)
    if "shift" in values and is_flow_schedule(config):
        return made | {"shift": values["shift"], "flow_shift": values["shift"], "use_dynamic_shifting": False}
    if "prediction_type" in values and not is_flow_schedule(config):
        made["prediction_type"] = values["prediction_type"]
    if values.get("zero_snr", has_zero := bool(config.get("rescale_betas_zero_snr"))) != has_zero:
        made["rescale_betas_zero_snr"] = not has_zero
        if not has_zero:
            made["timestep_spacing"] = "trailing"  # else the first step would not begin at the last timestep
    return made


def _refused(folder: Path, why: str) -> ModelBroken:
    return ModelBroken(folder, tr("{why}, which Emulsion cannot use yet", why=why))
