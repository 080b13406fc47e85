"""ComfyUI's graphs for tests: changes to the plainest one, with links by name."""

from collections.abc import Mapping
from typing import Any

Node = tuple[str, dict[str, Any]]
Nodes = Mapping[str, Node | None]


def node(kind: str, **inputs: Any) -> Node:
    """One node; ``"@name"`` and ``"@name.1"`` are links to its first and second output."""
    return kind, inputs


def graph(nodes: Nodes) -> dict[str, Any]:
    """The JSON of ``prompt``."""
    return {
        name: {"class_type": content[0], "inputs": {key: linked(value) for key, value in content[1].items()}}
        for name, content in nodes.items()
        if content is not None
    }


def linked(value: object) -> object:
    if not isinstance(value, str) or not value.startswith("@"):
        return value
    name, _, slot = value[1:].partition(".")
    return [name, int(slot or 0)]


def text(words: str, kind: str = "CLIPTextEncode", **inputs: Any) -> Node:
    return node(kind, **{"clip": "@model.1", "text": words, **inputs})


def sampler(**inputs: Any) -> Node:
    told: dict[str, Any] = {"seed": 42, "steps": 20, "cfg": 7.0, "sampler_name": "dpmpp_2m", "scheduler": "karras"}
    told |= {"model": "@model", "positive": "@yes", "negative": "@no", "latent_image": "@latent", "denoise": 1.0}
    return node("KSampler", **told | inputs)


def second(**inputs: Any) -> Node:
    """A later pass, whose numbers are not the picture's."""
    return sampler(**{"seed": 77, "steps": 5, "cfg": 1.5, "sampler_name": "euler", "denoise": 0.5, **inputs})


def advanced(**inputs: Any) -> Node:
    told = sampler()[1]
    del told["seed"], told["denoise"]
    return node("KSamplerAdvanced", **told | {"noise_seed": 42, "add_noise": "enable"} | inputs)


PLAIN: dict[str, Node] = {
    "model": node("CheckpointLoaderSimple", ckpt_name="folder/dreams.safetensors"),
    "yes": text("a red lighthouse"),
    "no": text("blurry"),
    "latent": node("EmptyLatentImage", width=512, height=768, batch_size=1),
    "sampler": sampler(),
    "decode": node("VAEDecode", samples="@sampler", vae="@model.2"),
    "save": node("SaveImage", images="@decode", filename_prefix="ComfyUI"),
}

Case = tuple[Nodes, dict[str, Any]]
"""Changes to the plain graph, and what is then told otherwise."""
