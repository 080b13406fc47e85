"""Reads from a checkpoint's header, one small tensor or a folder's configurations how the model was trained."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import ModelBroken
from core.files.json_file import read_json
from core.files.safetensors_header import SafetensorsHeader
from core.language.words import tr
from core.request.traits import told

_EDM = (
    (("edm_mean", "edm_std"), tr("it is Playground v2.5, which is trained on another noise schedule (EDM)")),
    (
        ("edm_vpred.sigma_max",),
        tr("it is CosXL or a model like it, which is trained on another noise schedule (EDM)"),
    ),
)
"""Tensors by which models on the schedule of Karras et al. 2022 are known (ComfyUI's ``supported_models.py``)."""

REFINER = tr("it is the refiner of Stable Diffusion XL, which Emulsion cannot use")

_V_NAMES = tuple(
    f"{block}.transformer_blocks.0.norm1.bias" for block in ("output_blocks.11.1", "up_blocks.3.attentions.2")
)
_V_SPREAD = 0.09
"""In U-Nets of Stable Diffusion 2 with v-prediction this tensor (by its makers' name or diffusers') deviates
by more; ComfyUI tells them by it."""

_MOST_BYTES = 2**16

_ARCHITECTURES: Mapping[str, dict[str, Any]] = {
    "stable-diffusion-v2-512": {"prediction_type": "epsilon", "size": "512x512"},
    "stable-diffusion-v2-768-v": {"prediction_type": "v_prediction", "size": "768x768"},
}
"""Of Stability AI's ModelSpec."""


def refuse_edm(header: SafetensorsHeader) -> None:
    """Raises ModelBroken for a model on a noise schedule that no sampler here follows."""
    for names, what in _EDM:
        if any(name in header.tensors for name in names):
            raise ModelBroken(header.path, tr("{what}: Emulsion cannot use it yet", what=what))


_MORE_INPUTS = {4: tr("a model for editing pictures"), 1: tr("a model with depth")}
"""By the number of channels that a network reads beside the latents."""


def refuse_inputs(path: Path, channels: int, latents: int) -> None:
    """Raises ModelBroken for a network that reads other channels than those of the latents.

    Those for inpainting read the mask and the latent of the picture without its masked part, too.
    """
    if channels not in (latents, 2 * latents + 1):
        what = _MORE_INPUTS.get(channels - latents, "a special model")
        raise ModelBroken(path, tr("it is {what}, which Emulsion cannot use yet", what=what))


def network_config(network: Path, vae: Path, *, has_flags: bool = False) -> dict[str, Any]:
    """Returns the content of a network's ``config.json`` in a diffusers folder.

    ``has_flags`` adds what ``model_index.json`` says yes or no to, such as ``is_distilled``, and yes to its class.

    Raises ModelBroken for one that does not read latents alone, and for the refiner, which lacks an encoder.
    """
    config, folder = read_json(network), network.parent.parent
    index = read_json(folder / "model_index.json")
    if "text_encoder_2" in index and index.get("text_encoder") == [None, None]:
        raise ModelBroken(folder, REFINER)
    channels, latents = config.get("in_channels"), read_json(vae).get("latent_channels")
    if isinstance(channels, int) and isinstance(latents, int) and network.parent.name == "unet":
        refuse_inputs(folder, channels, latents)
    flags = {name: value for name, value in index.items() if isinstance(value, bool) and has_flags}
    return {**flags, **({str(index.get("_class_name")): True} if has_flags else {}), **config}


def marked(header: SafetensorsHeader) -> dict[str, Any]:
    """Returns the traits of which empty tensors tell: ``v_pred``, and ``ztsnr`` (Lin et al. 2024)."""
    prediction = {"prediction_type": "v_prediction"} if "v_pred" in header.tensors else {}
    return prediction | ({"zero_snr": True} if "ztsnr" in header.tensors else {})


def declared(header: SafetensorsHeader, *, has_clip_skip: bool) -> dict[str, Any]:
    """Returns the traits in the metadata, as Stability AI's ModelSpec and kohya's sd-scripts name them.

    ``has_clip_skip``: the layers of the text encoder are counted as AUTOMATIC1111's program does.
    """
    said = header.metadata.get
    is_v = {"true": "v", "false": "epsilon"}.get(said("ss_v_parameterization", "").lower())
    architecture = _ARCHITECTURES.get(said("modelspec.architecture", "").partition("/")[0].lower(), {})
    return (
        architecture
        | told("prediction_type", said("modelspec.prediction_type"), said("modelspec.predict_key"), is_v)
        | told("zero_snr", said("modelspec.zero_terminal_snr"), said("ss_zero_terminal_snr"))
        | told("size", said("modelspec.resolution"), said("ss_resolution"))
        | (told("clip_skip", said("modelspec.encoder_layer"), said("ss_clip_skip")) if has_clip_skip else {})
    )


def measured(header: SafetensorsHeader, prefix: str) -> dict[str, Any]:
    """Returns the prediction type of a Stable Diffusion 2 by its weights; nothing where the tensor is missing."""
    name = next((f"{prefix}{name}" for name in _V_NAMES if f"{prefix}{name}" in header.tensors), None)
    if name is None:
        return {}
    spread = float(_values(header, name).std())
    return {"prediction_type": "v_prediction" if spread > _V_SPREAD else "epsilon"}


def _values(header: SafetensorsHeader, name: str) -> Any:
    """Reads one small tensor, (values,). Raises ModelBroken."""
    import ml_dtypes  # with numpy some 100 ms, which most starts of the program need not spend here
    import numpy as np

    dtypes = {"BF16": ml_dtypes.bfloat16, "F8_E4M3": ml_dtypes.float8_e4m3fn, "F8_E5M2": ml_dtypes.float8_e5m2}
    entry = header.tensors[name]
    dtype = np.dtype(dtypes.get(entry.dtype) or {"F16": "<f2", "F64": "<f8"}.get(entry.dtype, "<f4"))
    try:
        with header.path.open("rb") as file:
            file.seek(8 + int.from_bytes(file.read(8), "little") + entry.begin)
            return np.frombuffer(file.read(min(entry.end - entry.begin, _MOST_BYTES)), dtype).astype(np.float64)
    except (OSError, ValueError) as error:
        raise ModelBroken(header.path, tr("it cannot be read ({error})", error=error)) from error
