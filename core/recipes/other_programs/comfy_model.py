"""The model, the LoRAs and the autoencoder that a ComfyUI graph leads to a sampler."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

from core.recipes.other_programs.comfy_graph import Graph, Node
from core.recipes.other_programs.loras import Told, told
from core.request.request import MOST_LORAS

PIPES = ("pipe", "basic_pipe", "context", "base_ctx", "sdxl_tuple")
"""Inputs by which several things come in at once."""
_NAMES = ("ckpt_name", "unet_name", "model_name", "gguf_name", "model_path", "base_ckpt_name", "ckpt", "model")
_STACKS = ("lora_stack", "optional_lora_stack", "stack")
_LORA_WEIGHTS = (
    "strength_model",
    "lora_model_strength",
    "model_strength",
    "lora_strength",
    "strength",
    "lora_weight",
)
_MOST_ROWS = 50
_SIMPLE = ("lora_wt_{}", "lora_{}_strength", "model_weight_{}", "strength_{:02}", "strength_{}")
_ADVANCED = ("model_str_{}", "lora_{}_model_strength")


def model_of(graph: Graph, sampler: Node) -> Any:
    """The name of the file at the end of the chain; None where models are merged or the loader is unknown."""
    *_, last = (sampler, *_chain(graph, sampler))
    return graph.value(last, *_NAMES) if last is not sampler and last.link("model") is None else None


def loras_of(graph: Graph, sampler: Node) -> list[Told]:
    """The LoRAs between model and sampler, the first one first."""
    found: list[Told] = []
    for node in reversed([*_chain(graph, sampler)]):
        found += [lora for part in reversed([*_stack(graph, node)]) for lora in _rows(graph, part)]
    return found[:MOST_LORAS]


def vae_of(graph: Graph, nodes: Iterable[str]) -> Any:
    """The file of the autoencoder that decodes, None for the model's own."""
    decoder = next(
        (node for node in map(graph.nodes.__getitem__, nodes) if node.link("samples") and "vae" in node.inputs),
        None,
    )
    if decoder is None:
        return None
    *_, last = (decoder, *follow(graph, decoder, ("vae", "optional_vae")))
    return graph.value(last, "vae_name") if last is not decoder else None


def _chain(graph: Graph, node: Node) -> Iterator[Node]:
    return follow(graph, node, ("model", *PIPES))


def follow(graph: Graph, node: Node, names: tuple[str, ...]) -> Iterator[Node]:
    """The nodes behind a kind of input, the nearest first."""
    seen: set[str] = set()
    while True:
        through = graph.through(node)
        link = node.link(*names) if through is None else node.link(through)
        if link is None or link[0] in seen or link[0] not in graph.nodes:
            return
        seen.add(link[0])
        node = graph.nodes[link[0]]
        yield node


def _stack(graph: Graph, node: Node) -> Iterator[Node]:
    """A node, and the lists of LoRAs that come into it."""
    yield node
    yield from follow(graph, node, _STACKS)


def _rows(graph: Graph, node: Node) -> Iterator[Told]:
    """The LoRAs of one node in the ways that loaders and lists of several collections keep them."""
    inputs = node.inputs
    if graph.value(node, "toggle") in (False, "False"):
        return
    rows: list[tuple[object, object]] = []
    if "lora_name" in inputs:
        weights = [name for name in _LORA_WEIGHTS if name in inputs]
        rows.append((graph.value(node, "lora_name"), graph.value(node, *weights) if weights else 1))
    values = [*inputs.values()]
    if isinstance(listed := inputs.get("loras"), dict | list):
        inside = cast("dict[str, Any]", listed).get("__value__") if isinstance(listed, dict) else listed
        values += cast("list[Any]", inside) if isinstance(inside, list) else []
    for value in values:
        row = cast("dict[str, object]", value) if isinstance(value, dict) else {}
        if ("lora" in row or "name" in row) and row.get("on", row.get("active", True)):
            rows.append((row.get("lora", row.get("name")), row.get("strength")))
    count = graph.value(node, "lora_count", "num_loras")
    is_advanced = graph.value(node, "input_mode", "mode") == "advanced"
    for number in range(1, min(count if isinstance(count, int) else _MOST_ROWS, _MOST_ROWS) + 1):
        name = graph.value(node, f"lora_name_{number}", f"lora_{number}_name", f"lora_{number:02}")
        if str(graph.value(node, f"switch_{number}")) != "Off":
            keys = [key.format(number) for key in (_ADVANCED if is_advanced else _SIMPLE)]
            rows.append((name, graph.value(node, *keys)))
    for name, weight in rows:
        entry = told(name, weight)
        if entry is not None and entry["weight"] and entry["name"] != "None":
            yield entry
