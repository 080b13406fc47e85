"""ComfyUI: a graph of nodes in ``prompt``. sd-parsers walks it; samplers that it does not know are read here.

The links are taken from the graph itself: its workflow leaves out those of subgraphs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from sd_parsers.parsers import ComfyUIParser

from core.recipes.other_programs.found import Found, as_object
from core.recipes.other_programs.library import parsed
from core.recipes.other_programs.loras import in_nodes

PROGRAM = "ComfyUI"
MOST_NODES = 2_000
_LINK_TYPES = {"clip": "CLIP", "model": "MODEL", "vae": "VAE"}
_INPUTS = {
    "seed": ("noise_seed", "seed"),
    "steps": ("steps",),
    "guidance_scale": ("cfg", "guidance"),
    "sampler": ("sampler_name",),
    "schedule": ("scheduler",),
    "model": ("ckpt_name", "unet_name", "model_name"),
}
"""The inputs of nodes, whichever node it is, that tell a setting."""


def read(texts: Mapping[str, str]) -> Found | None:
    if "prompt" not in texts or not texts["prompt"].lstrip().startswith("{"):
        return None
    nodes = _nodes(as_object(texts["prompt"]))
    if not nodes:
        return None
    links = [[0, source, slot, node, 0, kind] for node, source, slot, kind in _links(nodes)]
    found = parsed(ComfyUIParser, {"prompt": nodes, "workflow": {"links": links}}, PROGRAM)
    found = found or Found(PROGRAM, prompt=", ".join(_prompts(nodes)))
    return _completed(replace(found, others={}, loras=tuple(in_nodes(nodes))), nodes)


def _nodes(content: dict[str, Any]) -> dict[str, dict[str, Any]]:
    nodes: dict[str, dict[str, Any]] = {}
    for number, node in list(content.items())[:MOST_NODES]:
        if isinstance(node, dict) and isinstance(inputs := cast("dict[str, Any]", node).get("inputs"), dict):
            nodes[number] = {"class_type": str(node.get("class_type", "")), "inputs": inputs}
    return nodes


def _links(nodes: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str, int, str]]:
    """Yields all links: the node, the one it depends on, that one's output, and what flows."""
    for node, content in nodes.items():
        for name, value in cast("dict[str, Any]", content["inputs"]).items():
            match value:
                case [str() as source, int() as slot]:
                    yield node, source, slot, _LINK_TYPES.get(name, "CONDITIONING")
                case _:
                    pass


def _prompts(nodes: dict[str, dict[str, Any]]) -> Iterator[str]:
    for content in nodes.values():
        if "TextEncode" in content["class_type"]:
            texts = (content["inputs"].get(name) for name in ("text", "prompt", "t5xxl", "clip_l"))
            yield from (text for text in texts if isinstance(text, str) and text.strip())


def _completed(found: Found, nodes: dict[str, dict[str, Any]]) -> Found:
    """Completes the settings of the sampler's node by those of other nodes."""
    values: dict[str, object] = {}
    for setting, names in _INPUTS.items():
        if getattr(found, setting) in (None, "", "unknown"):
            values[setting] = next(_values(nodes, names), None) or ""
    latent = {number: node for number, node in nodes.items() if "Latent" in node["class_type"]}
    for side in ("width", "height"):
        values[side] = next(_values(latent, (side,)), None)
    return replace(found, **values)  # pyright: ignore[reportArgumentType]


def _values(nodes: dict[str, dict[str, Any]], names: tuple[str, ...]) -> Iterator[object]:
    for name in names:
        for node in nodes.values():
            value = node["inputs"].get(name)
            if isinstance(value, str | int | float):
                yield value
