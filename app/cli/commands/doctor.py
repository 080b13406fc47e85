"""``emulsion doctor``: versions, the device and why it was chosen, folders: what to ask when help is needed."""

import os
import platform
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from app.cli.command import Command
from app.cli.module_check import broken_parts
from app.cli.terminal import to_json
from core.errors import ModelBroken
from core.families import FAMILIES
from core.files.sizes import size_text
from core.language.words import tr
from core.models.catalogue import users_catalogue
from core.models.memory_plan import DeviceMemory, plan_memory
from core.models.parameter_count import weights_in
from core.paths import Folders, resources
from core.request.request import STARTER_MODEL
from core.settings.settings import Settings, load_settings
from core.version import VERSION

_LIBRARIES = (
    "torch",
    "diffusers",
    "transformers",
    "accelerate",
    "safetensors",
    "huggingface_hub",
    "numpy",
    "pillow",
    "PySide6-Essentials",
)


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--device", help=tr("ask for this device instead of the best one: cuda, cuda:1, mps, xpu, cpu")
    )
    parser.add_argument("--dtype", help=tr("ask for this precision: float32, bfloat16 or float16"))
    parser.add_argument(
        "--parts",
        action="store_true",
        help=tr("load every part of the program too; exit code 1 when one is broken"),
    )
    parser.add_argument(
        "--measure",
        action="store_true",
        help=tr(
            "measure instead, for up to two minutes: does this computer compute rightly, and how fast; no line "
            "names a folder or a prompt; exit code 1 when a mark is missed"
        ),
    )
    parser.add_argument("--json", action="store_true", help=tr("print JSON"))


def _run(arguments: Namespace) -> int:
    folders = Folders.default()
    settings = load_settings(folders)
    if arguments.measure:
        return _measure(arguments, settings)
    broken = broken_parts() if arguments.parts else {}
    device, memory, found = _device(
        arguments.device or settings.device, arguments.dtype or settings.dtype, settings
    )
    report: dict[str, Any] = {
        "versions": _versions(),
        "machine": found,
        "device": device,
        "memory": memory,
        "folders": _folders(folders, settings),
        "models": {
            model.key: model.name for model in users_catalogue(Folders.default(), lambda: settings).models()
        },
    }
    if arguments.parts:
        report["broken parts"] = broken
    print(to_json(report, indent=2) if arguments.json else "\n".join(_lines(report)))
    return 1 if broken else 0


def _measure(arguments: Namespace, settings: Settings) -> int:
    """Prints each figure as soon as it is known, with ``--json`` as a line of JSON."""
    try:
        from core.engine.measuring import measure
    except (ImportError, OSError) as error:
        print(tr("torch cannot be used: {error}", error=error))
        return 1
    for name, version in _versions().items():
        if not arguments.json:
            print(f"{name:34} {version}")
    catalogue = users_catalogue(Folders.default(), lambda: settings)
    device, dtype = arguments.device or settings.device, arguments.dtype or settings.dtype
    has_missed = False
    for line in measure(catalogue, STARTER_MODEL, device, dtype):
        print(to_json(asdict(line)) if arguments.json else line, flush=True)
        has_missed |= line.ok is False
    return 1 if has_missed else 0


def _versions() -> dict[str, str]:
    versions = {"Emulsion": VERSION, "Python": platform.python_version(), "system": platform.platform()}
    for library in _LIBRARIES:
        try:
            versions[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            versions[library] = tr("not installed")
    return versions


def _device(
    device: str | None, dtype: str | None, settings: Settings
) -> tuple[dict[str, Any], dict[str, str], tuple[str, ...]]:
    """Returns the chosen device, how each model fits into its memory now, and the machine."""
    try:
        from core.engine.devices.device import memory_now, plan
        from core.engine.devices.machine import machine
    except (ImportError, OSError) as error:
        return {"problem": tr("torch cannot be used: {error}", error=error)}, {}, ()
    chosen = plan(device, dtype)
    described = {
        "device": str(chosen.device),
        "dtype": chosen.dtype_name,
        "name": chosen.name,
        "memory": chosen.memory,
        "plan": chosen.describe().splitlines(),
    }
    return described, _memory(chosen.dtype_name, memory_now(chosen), settings), machine()


def _memory(dtype: str, memory: DeviceMemory, settings: Settings) -> dict[str, str]:
    """Returns the memory plan of each model at its own size."""
    plans = {"free": tr("{done} of {total}", done=size_text(memory.free), total=size_text(memory.total))}
    for model in users_catalogue(Folders.default(), lambda: settings).models():
        try:
            weights = weights_in(model.folder, model.file, model.parts.places)
        except ModelBroken as error:
            plans[model.key] = tr("cannot be planned: {reason}", reason=error.reason)
        else:
            family, how = FAMILIES[model.family], (settings.memory, settings.tiled_decode)
            plan = plan_memory(family, weights, dtype, model.defaults.size, memory, *how)
            plans[model.key] = plan.describe()
    return plans


def _folders(folders: Folders, settings: Settings) -> dict[str, dict[str, str]]:
    places = {
        "pictures": settings.pictures,
        **{
            f"models {number}" if number > 1 else "models": folder
            for number, folder in enumerate(settings.model_folders, 1)
        },
        "settings": folders.config,
        "data": folders.data,
        "cache": folders.cache,
        "logs": folders.logs,
        "program": resources().parent,
    }
    return {name: {"path": str(path), "state": _state(path)} for name, path in places.items()}


def _state(path: Path) -> str:
    if not path.is_dir():
        return tr("not there yet")
    return tr("can be written") if os.access(path, os.W_OK | os.X_OK) else tr("cannot be written")


_KEYS = {
    "system": tr("system"),
    "pictures": tr("pictures"),
    "models": tr("models"),
    "settings": tr("settings"),
    "data": tr("data"),
    "cache": tr("cache"),
    "logs": tr("logs"),
    "program": tr("program"),
    "free": tr("free"),
}
"""The report's own keys, which JSON has in English; a model's key stays as it is."""


def _shown(key: str) -> str:
    name, _, number = key.partition(" ")
    return " ".join(filter(None, (_KEYS.get(name, name), number)))


def _lines(report: dict[str, Any]) -> Iterator[str]:
    yield tr("Versions")
    yield from (f"  {_shown(name):<20} {version}" for name, version in report["versions"].items())
    if report["machine"]:
        yield tr("Machine")
        yield from (f"  {line}" for line in report["machine"])
    yield tr("Device")
    yield from (f"  {line}" for line in report["device"].get("plan", [report["device"].get("problem")]))
    yield tr("Folders")
    yield from (
        f"  {_shown(name):<20} {folder['path']} ({folder['state']})" for name, folder in report["folders"].items()
    )
    yield tr("Models")
    yield from (f"  {key:<20} {name}" for key, name in report["models"].items())
    if not report["models"]:
        yield "  " + tr("none")
    if report["memory"]:
        yield tr("Memory")
        yield from (
            f"  {_shown(key) if key == 'free' else key:<20} {plan}" for key, plan in report["memory"].items()
        )
    if "broken parts" in report:
        yield tr("Broken parts")
        yield from (f"  {name}: {reason}" for name, reason in report["broken parts"].items())
        if not report["broken parts"]:
            yield "  " + tr("none")


COMMAND = Command(tr("print versions, the device and why it was chosen, and folders"), _add_arguments, _run)
