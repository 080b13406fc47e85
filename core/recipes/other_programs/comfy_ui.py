"""ComfyUI: the graph of nodes in ``prompt``, or the one of its window in ``workflow`` where only that is there.

A picture's settings are those of the sampler that began it: from the node that saves, the walk goes back over
decoding, enlarging and later samplers (hires pass, refiner, detailer) to the first one. Where several first
samplers lead to what is saved, only what they agree in is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any, cast

from core.recipes.other_programs.comfy_conditioning import text_of
from core.recipes.other_programs.comfy_graph import MOST_NODES, Graph, Node
from core.recipes.other_programs.comfy_model import PIPES, loras_of, model_of, vae_of
from core.recipes.other_programs.comfy_workflow import nodes_of_workflow
from core.recipes.other_programs.found import Found, as_object

PROGRAM = "ComfyUI"
CIVITAI = '"extraMetadata"'
_MOST_SAMPLERS = 20
_MOST_SAVING = 20
_SEEDS = ("seed", "noise_seed")
_NO_PICTURE = frozenset(
    {
        "model",
        "clip",
        "vae",
        "positive",
        "negative",
        "conditioning",
        "guider",
        "sampler",
        "sigmas",
        "noise",
        "mask",
    }
)
"""Inputs by which no picture comes in."""
_SOURCE = re.compile(r"load ?image|image ?load|vae ?encode", re.IGNORECASE)
_CHOOSES_SIZE = re.compile(r"ratio|preset|dimensions?$|resolution", re.IGNORECASE)
"""Inputs by which a node finds another size than its width and height, unless they say that it is a custom one."""
_SIDES = ("width", "empty_latent_width"), ("height", "empty_latent_height")
UNCLEAR = "not told"
"""A schedule that the graph has and that cannot be told."""


def read(texts: Mapping[str, str]) -> Found | None:
    for keyword, nodes_of in (("prompt", _nodes), ("workflow", nodes_of_workflow), ("parameters", _nodes)):
        text = texts.get(keyword, "")
        if CIVITAI in text:  # tells the settings in plain words beside the graph
            continue
        if text.lstrip().startswith("{") and (nodes := nodes_of(as_object(text))):
            return _found(Graph(nodes))
    return None


def _nodes(content: dict[str, Any]) -> dict[str, Node]:
    nodes: dict[str, Node] = {}
    for number, node in list(content.items())[:MOST_NODES]:
        if isinstance(node, dict) and isinstance(inputs := cast("dict[str, Any]", node).get("inputs"), dict):
            nodes[number] = Node(
                str(cast("dict[str, Any]", node).get("class_type", "")), cast("dict[str, Any]", inputs)
            )
    return nodes


def _found(graph: Graph) -> Found:
    found = [_settings(graph, name) for name in _first_samplers(graph)]
    if not found:
        return Found(PROGRAM)
    agreed: dict[str, Any] = {
        name: getattr(found[0], name)
        for name in (field.name for field in fields(Found))
        if all(getattr(one, name) == getattr(found[0], name) for one in found)
    }
    vaes = {vae_of(graph, _reached(graph, start)) for start in _saving(graph)}
    return replace(Found(**agreed), vae=vaes.pop() if len(vaes) == 1 else None)


def _is_sampler(node: Node) -> bool:
    inputs = node.inputs.keys()
    is_whole = "steps" in inputs and not inputs.isdisjoint(_SEEDS) and not inputs.isdisjoint(("model", *PIPES))
    return is_whole or ("sigmas" in inputs and not inputs.isdisjoint(("guider", "sampler")))


def _saving(graph: Graph) -> list[str]:
    """The nodes that write pictures; where none is known, all samplers."""
    with_picture = [name for name, node in graph.nodes.items() if node.link("images", "image") is not None]
    saving = [name for name in with_picture if "save" in graph.nodes[name].kind.lower()]
    saving = saving or [name for name in with_picture if "preview" in graph.nodes[name].kind.lower()]
    saving = saving or [name for name, node in graph.nodes.items() if node.link("samples") and node.link("vae")]
    return (saving or [name for name, node in graph.nodes.items() if _is_sampler(node)])[:_MOST_SAVING]


def _first_samplers(graph: Graph) -> list[str]:
    """The samplers from which the saved pictures come, and which themselves begin with no other one's."""
    reached = dict.fromkeys(name for start in _saving(graph) for name in _reached(graph, start))
    samplers = [name for name in reached if _is_sampler(graph.nodes[name])][-_MOST_SAMPLERS:]
    return [
        name for name in samplers if not any(_is_sampler(graph.nodes[other]) for other in _before(graph, name))
    ]


def _before(graph: Graph, name: str) -> Iterator[str]:
    return (other for other in _reached(graph, name) if other != name)


def _reached(graph: Graph, start: str) -> Iterator[str]:
    """All nodes from which a picture or its latents come, nearest first; the start is one of them."""
    seen, waiting = {start}, [start]
    while waiting:
        name = waiting.pop(0)
        node = graph.nodes[name]
        yield name
        chosen = graph.through(node)
        links = (
            [node.link(chosen)]
            if chosen is not None
            else [link for key, link in node.links() if key not in _NO_PICTURE]
        )
        for link in links:
            if link is not None and link[0] in graph.nodes and link[0] not in seen:
                seen.add(link[0])
                waiting.append(link[0])


def _settings(graph: Graph, name: str) -> Found:
    """Reads one sampler, and all that comes into it."""
    node = graph.nodes[name]
    guider = _node(graph, node, "guider") or node
    sampler, sigmas, noise = (_node(graph, node, key) for key in ("sampler", "sigmas", "noise"))
    schedule = _last(graph, sigmas, "sigmas") if "sigmas" in node.inputs else node
    solver = _last(graph, sampler, "sampler") if node.link("sampler") else node
    positive = text_of(graph, guider, "positive")
    negative = text_of(graph, guider, "negative")
    scale = graph.value(guider, "cfg", "cfg_conds", "guidance_scale")
    distilled = positive.guidance
    width, height, has_source = _latent(graph, node)
    denoise = graph.value(schedule, "denoise") if schedule is not None else None
    is_partial = isinstance(denoise, int | float) and denoise < 1
    return Found(
        program=PROGRAM,
        prompt=positive.text,
        negative_prompt=negative.text,
        model=model_of(graph, guider) or None,
        sampler=_name(graph, solver, ("sampler_name", "sampler"), "Sampler"),
        schedule=_name(graph, schedule, ("scheduler",), "Scheduler") or UNCLEAR,
        steps=graph.value(schedule, "steps") if schedule is not None else None,
        guidance_scale=distilled if distilled is not None and scale in (None, 1) else scale,
        seed=graph.value(noise or node, *_SEEDS),
        width=width,
        height=height,
        strength=denoise if is_partial and has_source else None,
        loras=tuple(loras_of(graph, guider)),
        others={
            "Distilled CFG Scale": distilled,
            "Clip skip": -positive.layer if positive.layer else None,  # counted from the end, below 0
            **({"Denoise": denoise} if is_partial and not has_source else {}),
            "Template": _template(graph, positive.text),
            "Negative Template": _template(graph, negative.text),
        },
    )


def _template(graph: Graph, text: str | None) -> object:
    """Returns the text that a prompt was drawn from, as the nodes of the Impact Pack keep it beside."""
    drawn = (node for node in graph.nodes.values() if text and node.inputs.get("populated_text") == text)
    return next((node.inputs.get("wildcard_text") for node in drawn), None)


def _node(graph: Graph, node: Node, name: str) -> Node | None:
    """The node behind an input, beyond switches and reroutes."""
    for _ in range(MOST_NODES):
        link = node.link(name)
        if link is None or link[0] not in graph.nodes:
            return None
        node = graph.nodes[link[0]]
        through = graph.through(node)
        if through is None:
            return node
        name = through
    return None


def _last(graph: Graph, node: Node | None, name: str) -> Node | None:
    """The first node of a chain: behind those that change sigmas, or a sampler, of another node."""
    for _ in range(MOST_NODES):
        if node is None or node.link(name) is None:
            return node
        node = _node(graph, node, name)
    return None


def _name(graph: Graph, node: Node | None, names: tuple[str, ...], kind: str) -> str | None:
    """The name of a sampler or schedule: told by the node, or the node's own, such as ``KarrasScheduler``."""
    if node is None:
        return None
    if any(name in node.inputs for name in names):
        name = graph.value(node, *names)
        return name if isinstance(name, str) else None
    return node.kind.replace(kind, "") or node.kind


def _latent(graph: Graph, node: Node) -> tuple[Any, Any, bool]:
    """Width and height of what a sampler begins with, and whether a picture is in it."""
    width = height = None
    has_size = has_source = False
    start = next((name for name, one in graph.nodes.items() if one is node), "")
    for name in _before(graph, start):
        one = graph.nodes[name]
        has_source = has_source or _SOURCE.search(one.kind) is not None
        preset = re.match(r"(\d+) ?x ?(\d+)", str(one.inputs.get("resolution", "")))
        if preset and not has_size:
            width, height, has_size = preset[1], preset[2], True
        elif not has_size and any(side in one.inputs for side in _SIDES[0]):
            chosen = (str(value) for key, value in one.inputs.items() if _CHOOSES_SIZE.search(key))
            if all("custom" in value.lower() for value in chosen):
                width, height = (graph.value(one, *side) for side in _SIDES)
            has_size = True
    return width, height, has_source
