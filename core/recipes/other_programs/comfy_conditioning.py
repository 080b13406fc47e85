"""The prompts of a ComfyUI graph, through all that stands between the encoded text and the sampler."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from core.recipes.other_programs.comfy_graph import LONGEST_TEXT, Graph, Link, Node
from core.recipes.other_programs.comfy_model import PIPES, follow

_TEXTS = (
    *("populated_text", "text", "text_g", "prompt", "user_prompt", "t5xxl", "clip_g", "text_l", "clip_l", "bert"),
    *("mt5xl", "llama", "positive", "negative", "positive_prompt", "negative_prompt"),
)
_OF_ROLE = {"positive": ("positive", "positive_prompt"), "negative": ("negative", "negative_prompt")}
_CONDITIONING = re.compile(r"cond(itioning)?s?([_ ]?(\d{1,2}|to|from|positive))?", re.IGNORECASE)
_SLOTS = ("positive", "negative")


@dataclass(frozen=True, slots=True)
class Conditioning:
    """An encoded text, None where that cannot be told; and FLUX's guidance and CLIP's layer that go with it."""

    text: str | None = None
    guidance: float | None = None
    layer: int | None = None


def text_of(graph: Graph, sampler: Node, role: str) -> Conditioning:
    """Finds the positive or negative prompt; it is "" where a guider takes none."""
    if (link := sampler.link(role, f"{role}_conditioning")) is not None:
        return _walk(graph, link, role)
    if role in sampler.inputs:
        text = graph.value(sampler, role)
        return Conditioning(text if isinstance(text, str) else None)
    if (link := sampler.link("conditioning", "cond1")) is not None:
        return _walk(graph, link, role) if role == "positive" else Conditioning("")
    if (link := sampler.link("text_embeds", *PIPES)) is not None:
        return _walk(graph, link, role)
    return Conditioning()


def _walk(graph: Graph, link: Link, role: str) -> Conditioning:
    name, slot = link
    node = graph.nodes.get(name)
    if node is None:
        return Conditioning()
    return graph.once(f"{role} {slot}", name, lambda: _found(graph, node, slot, role)) or Conditioning()


def _found(graph: Graph, node: Node, slot: int, role: str) -> Conditioning:
    if node.kind == "ConditioningZeroOut":
        return Conditioning("")
    if (through := graph.through(node)) is not None:
        return _next(graph, node, through, role)
    guidance = graph.value(node, "guidance")
    found = _before(graph, node, slot, role)
    return replace(found, guidance=guidance) if isinstance(guidance, int | float) else found


def _before(graph: Graph, node: Node, slot: int, role: str) -> Conditioning:
    """The conditioning without what the node itself adds."""
    if all(node.link(name) is not None for name in _SLOTS):  # one output for each
        return _next(graph, node, _SLOTS[slot] if slot < len(_SLOTS) else role, role)
    links = sorted((name for name, _ in node.links() if _CONDITIONING.fullmatch(name)), key=_to_before_from)
    if "Average" in node.kind and len(links) == 2:
        weight = graph.value(node, "conditioning_to_strength")
        links = links[:1] if weight == 1 else links[1:] if weight == 0 else links
    if links:
        return _joined([_next(graph, node, name, role) for name in links])
    if "encode" in node.kind.lower() or "clip" in node.inputs or "ckpt_name" in node.inputs:
        return _encoded(graph, node, role)
    name = next((name for name in (role, *PIPES) if node.link(name) is not None), None)
    return _next(graph, node, name, role) if name is not None else Conditioning()


def _next(graph: Graph, node: Node, name: str, role: str) -> Conditioning:
    link = node.link(name)
    return _walk(graph, link, role) if link is not None else Conditioning()


def _encoded(graph: Graph, node: Node, role: str) -> Conditioning:
    """The texts of an encoder; one that has several tells each that differs."""
    names = [name for name in _OF_ROLE[role] if name in node.inputs]
    names = names or [name for name in _TEXTS if name in node.inputs]
    texts = [graph.value(node, name) for name in names]
    if not texts or not all(isinstance(text, str) for text in texts):
        return Conditioning()
    clips = (node, *follow(graph, node, ("clip",)))
    layers = (graph.value(clip, "stop_at_clip_layer", "clip_skip") for clip in clips)
    layer = next((layer for layer in layers if isinstance(layer, int)), None)
    return replace(_joined([Conditioning(text) for text in texts]), layer=layer)


def _joined(parts: list[Conditioning]) -> Conditioning:
    guidance = next((part.guidance for part in parts if part.guidance is not None), None)
    layer = next((part.layer for part in parts if part.layer is not None), None)
    if any(part.text is None for part in parts):
        return Conditioning(None, guidance, layer)
    text = ", ".join(dict.fromkeys(part.text.strip() for part in parts if part.text and part.text.strip()))
    return Conditioning(text if len(text) <= LONGEST_TEXT else None, guidance, layer)


def _to_before_from(name: str) -> tuple[bool, int, str]:
    return name.endswith("from"), len(name), name
