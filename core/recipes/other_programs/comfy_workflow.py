"""ComfyUI's ``workflow``, the graph as its window draws it, as the plain graph that runs.

Widgets have no names there in older files, links have numbers, subgraphs are apart, and nodes can be switched off
or passed by; ``ComfyUI_frontend`` (src/utils/executionUtil.ts, graphToPrompt) does the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, cast

from core.recipes.other_programs.comfy_graph import MOST_NODES, Link, Node

_DEEPEST = 8
_MOST_HOPS = 200
_OFF, _PASSED_BY = 2, 4
_IN, _OUT = -10, -20
_AFTER_SEED = frozenset({"fixed", "increment", "decrement", "randomize"})
_NOTES = frozenset({"Note", "MarkdownNote"})
_BY_NAME = ("SetNode", "GetNode")
"""Links without a line, of many collections."""
_SAMPLING = ("steps", "cfg", "sampler_name", "scheduler")
_WIDGETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "KSampler": ("seed", *_SAMPLING, "denoise"),
        "KSamplerAdvanced": ("add_noise", "noise_seed", *_SAMPLING, "start_at_step", "end_at_step"),
        "SamplerCustom": ("add_noise", "noise_seed", "cfg"),
        "RandomNoise": ("noise_seed",),
        "KSamplerSelect": ("sampler_name",),
        "BasicScheduler": ("scheduler", "steps", "denoise"),
        "SDTurboScheduler": ("steps", "denoise"),
        "KarrasScheduler": ("steps",),
        "ExponentialScheduler": ("steps",),
        "Flux2Scheduler": ("steps", "width", "height"),
        "CFGGuider": ("cfg",),
        "CheckpointLoaderSimple": ("ckpt_name",),
        "CheckpointLoader": ("config_name", "ckpt_name"),
        "UNETLoader": ("unet_name", "weight_dtype"),
        "UnetLoaderGGUF": ("unet_name",),
        "VAELoader": ("vae_name",),
        "LoraLoader": ("lora_name", "strength_model", "strength_clip"),
        "LoraLoaderModelOnly": ("lora_name", "strength_model"),
        "CLIPTextEncode": ("text",),
        "CLIPTextEncodeSDXL": (
            "width",
            "height",
            "crop_w",
            "crop_h",
            "target_width",
            "target_height",
            "text_g",
            "text_l",
        ),
        "CLIPTextEncodeSDXLRefiner": ("ascore", "width", "height", "text"),
        "CLIPTextEncodeFlux": ("clip_l", "t5xxl", "guidance"),
        "CLIPTextEncodeSD3": ("clip_l", "clip_g", "t5xxl", "empty_padding"),
        "FluxGuidance": ("guidance",),
        "ConditioningAverage": ("conditioning_to_strength",),
        "EmptyLatentImage": ("width", "height", "batch_size"),
        "EmptySD3LatentImage": ("width", "height", "batch_size"),
        "EmptyFlux2LatentImage": ("width", "height", "batch_size"),
        "PrimitiveNode": ("value",),
        "PrimitiveString": ("value",),
        "PrimitiveStringMultiline": ("value",),
        "PrimitiveInt": ("value",),
        "PrimitiveFloat": ("value",),
        "PrimitiveBoolean": ("value",),
        "StringConcatenate": ("string_a", "string_b", "delimiter"),
        "StringReplace": ("string", "find", "replace"),
        "ComfySwitchNode": ("switch",),
        "Seed (rgthree)": ("seed",),
        "Text Multiline": ("text",),
        "ShowText|pysssss": ("text",),
    }
)
"""The widgets of nodes, in their order; newer files name them."""


@dataclass(slots=True)
class _Scope:
    """The nodes of the drawing, or of one use of a subgraph in it."""

    prefix: str
    content: Mapping[str, Any]
    outer: _Scope | None = None
    user: Mapping[str, Any] = field(default_factory=dict[str, Any])
    nodes: dict[int, Mapping[str, Any]] = field(default_factory=dict[int, Mapping[str, Any]])
    links: dict[int, tuple[int, int, int, int]] = field(default_factory=dict[int, tuple[int, int, int, int]])
    inner: dict[int, _Scope] = field(default_factory=dict[int, "_Scope"])

    def __post_init__(self) -> None:
        for node in _objects(self.content.get("nodes"))[:MOST_NODES]:
            self.nodes[_number(node.get("id"))] = node
        for link in _list(self.content.get("links"))[: 10 * MOST_NODES]:
            match link:
                case [number, origin, slot, target, place, *_]:
                    numbers = number, origin, slot, target, place
                case {
                    "id": number,
                    "origin_id": origin,
                    "origin_slot": slot,
                    "target_id": target,
                    "target_slot": place,
                }:
                    numbers = number, origin, slot, target, place
                case _:
                    continue
            key, *ends = map(_number, numbers)
            self.links[key] = (ends[0], ends[1], ends[2], ends[3])


def nodes_of_workflow(content: Mapping[str, Any]) -> dict[str, Node]:
    """The nodes that would run, by names as in ``prompt``; inputs that cannot be told are None."""
    definitions = content.get("definitions")
    drawn = cast("Mapping[str, Any]", definitions).get("subgraphs") if isinstance(definitions, dict) else None
    subgraphs = {str(graph.get("id")): graph for graph in _objects(drawn)}
    nodes: dict[str, Node] = {}
    waiting = [(_Scope("", content), 0)]
    scopes: list[_Scope] = []
    count = 0
    while waiting and count <= MOST_NODES:
        scope, depth = waiting.pop()
        scopes.append(scope)
        count += len(scope.nodes)
        for number, node in scope.nodes.items():
            graph = subgraphs.get(str(node.get("type")))
            if graph is not None and depth < _DEEPEST and node.get("mode") not in (_OFF, _PASSED_BY):
                scope.inner[number] = _Scope(f"{scope.prefix}{number}:", graph, scope, node)
                waiting.append((scope.inner[number], depth + 1))
    for scope in scopes:
        for number, node in scope.nodes.items():
            kind = str(node.get("type"))
            if number not in scope.inner and kind not in _NOTES and node.get("mode") not in (_OFF, _PASSED_BY):
                kind = "Reroute" if kind in _BY_NAME else kind
                nodes[f"{scope.prefix}{number}"] = Node(kind, _inputs(scope, node))
    return nodes if len(nodes) <= MOST_NODES else {}


def _inputs(scope: _Scope, node: Mapping[str, Any]) -> dict[str, Any]:
    if node.get("type") == "GetNode":
        return {"": _set_by(scope, _widgets(node).get("value"))}
    values = _widgets(node)
    for place in _objects(node.get("inputs")):
        name = str(place.get("name"))
        if place.get("link") is not None:
            found = _source(scope, _number(place["link"]))
            values[name] = (
                list(found) if isinstance(found, tuple) else values.get(name) if found is _OWN else found
            )
    return values


_OWN = object()
"""A subgraph's input that its user leaves alone: the node inside has the value."""


def _source(scope: _Scope, number: int) -> object:
    """The node and output behind a link, through subgraphs and nodes that are passed by; or a value, or `_OWN`."""
    for _ in range(_MOST_HOPS):
        link = scope.links.get(number)
        if link is None:
            return None
        origin, slot = link[0], link[1]
        if origin == _IN and scope.outer is not None:
            places = _objects(scope.user.get("inputs"))
            name = _input_name(scope, slot)
            place = next((one for one in places if one.get("name") == name), {})
            if place.get("link") is None:
                return _widgets(scope.user).get(str(name), _OWN)
            scope, number = scope.outer, _number(place["link"])
            continue
        node = scope.nodes.get(origin)
        if node is None or node.get("mode") == _OFF:
            return None
        if node.get("mode") == _PASSED_BY:
            passed = _passed(node, slot)
            if passed is None:
                return None
            number = passed
        elif origin in scope.inner:
            scope = scope.inner[origin]
            ends = (key for key, one in scope.links.items() if one[2] == _OUT and one[3] == slot)
            number = next(ends, -1)
        else:
            return f"{scope.prefix}{origin}", slot
    return None


def _passed(node: Mapping[str, Any], slot: int) -> int | None:
    """The link that a node hands on when it is passed by: of the same kind."""
    outputs, inputs = _objects(node.get("outputs")), _objects(node.get("inputs"))
    kind = outputs[slot].get("type") if 0 <= slot < len(outputs) else None
    links = (place.get("link") for place in inputs if place.get("type") == kind)
    return next((_number(link) for link in links if link is not None), None)


def _input_name(scope: _Scope, slot: int) -> object:
    places = _objects(scope.content.get("inputs"))
    return places[slot].get("name") if 0 <= slot < len(places) else None


def _set_by(scope: _Scope, name: object) -> list[object] | None:
    """Finds the link that a SetNode of this name got."""
    for node in scope.nodes.values():
        if node.get("type") == "SetNode" and name is not None and _widgets(node).get("value") == name:
            links = [place.get("link") for place in _objects(node.get("inputs")) if place.get("link") is not None]
            found = _source(scope, _number(links[0])) if links else None
            return list(cast("Link", found)) if isinstance(found, tuple) else None
    return None


def _widgets(node: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a node by the names of its widgets."""
    values = node.get("widgets_values")
    if isinstance(values, dict):
        return dict(cast("dict[str, Any]", values))
    kind = str(node.get("type"))
    named = [
        place["widget"].get("name")
        for place in _objects(node.get("inputs"))
        if isinstance(place.get("widget"), dict)
    ]
    names = list(_WIDGETS.get(kind, ("value",) if kind in _BY_NAME else named))
    found: dict[str, Any] = {}
    for number, value in enumerate(_list(values)[:200]):
        if isinstance(value, dict):  # a row of rgthree's list of LoRAs
            found[f"row {number}"] = value
        elif isinstance(value, str) and value in _AFTER_SEED and (not names or "seed" in str([*found][-1:])):
            continue
        elif names:
            found[str(names.pop(0))] = value
    return found


def _list(value: object) -> list[Any]:
    return (
        cast("list[Any]", value)
        if isinstance(value, list)
        else list(cast("dict[str, Any]", value).values())
        if isinstance(value, dict)
        else []
    )


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in _list(value) if isinstance(item, dict)]


def _number(value: object) -> int:
    """A number of a node or link; those that are none are one that is nowhere."""
    return value if isinstance(value, int) else int(value) if isinstance(value, str) and value.isdecimal() else -1
