"""The device that computes, in one sentence for people."""

from __future__ import annotations

from app.window.device_label import ChosenDevice

_KINDS = {"cuda": "the GPU", "mps": "the Apple GPU", "xpu": "the Intel GPU", "cpu": "the processor"}


def device_sentence(device: ChosenDevice) -> str:
    """Such as "Emulsion computes on the processor (AMD Ryzen 7) in float32: no graphics processor was found …"."""
    kind = _KINDS.get(device.kind, device.kind.upper())
    name = f" ({device.name})" if device.name and device.kind != "mps" else ""
    sentence = f"Emulsion computes on {kind}{name} in {device.dtype}"
    if device.kind == "cpu" and "device: as asked" not in device.plan:
        return f"{sentence}: no graphics processor was found that torch can use."
    return f"{sentence}, as you have chosen." if "device: as asked" in device.plan else f"{sentence}."
