"""Names of layers in the transformers of Black Forest Labs: first two streams, of picture and text, then one."""

import re
from collections.abc import Iterable, Mapping

from core.files.safetensors_header import SafetensorsHeader

LAST_MODULATION = "final_layer.adaLN_modulation.1"
"""Shift and scale of the last layer, which diffusers has the other way round: no LoRA fits it as it is."""

_BLOCK = re.compile(r"(single_)?transformer_blocks\.(\d+)\.(.+)")
_IN_EVERY_BLOCK = {
    "attn.to_out.0": "img_attn.proj",
    "attn.to_add_out": "txt_attn.proj",
    "attn.norm_q": "img_attn.norm.query_norm",
    "attn.norm_k": "img_attn.norm.key_norm",
    "attn.norm_added_q": "txt_attn.norm.query_norm",
    "attn.norm_added_k": "txt_attn.norm.key_norm",
}
_JOINED = {
    "attn.to_q": ("img_attn.qkv", ("attn.to_q", "attn.to_k", "attn.to_v")),
    "attn.add_q_proj": ("txt_attn.qkv", ("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj")),
}
"""One layer of the makers that is several of diffusers, row by row, by the first of them."""


def original_blocks(
    names: Iterable[str],
    outside: Mapping[str, str],
    in_a_block: Mapping[str, str],
    in_a_single_block: Mapping[str, str],
    single_joined: Mapping[str, tuple[str, tuple[str, ...]]] | None = None,
) -> dict[str, tuple[str, ...]]:
    """Returns the makers' names of layers, each with those of diffusers that it stands for.

    The tables have the makers' names by those of diffusers: outside of blocks, in those of two streams, and in
    those of one; ``single_joined`` is as `_JOINED` for the latter. A layer without a name there keeps its own.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name in names:
        match = _BLOCK.fullmatch(name)
        if match is None:
            found[outside.get(name, name)] = (name,)
            continue
        is_single, number, inner = bool(match[1]), match[2], match[3]
        start = f"{match[1] or ''}transformer_blocks.{number}."
        original = f"{'single' if is_single else 'double'}_blocks.{number}."
        table = in_a_single_block if is_single else {**_IN_EVERY_BLOCK, **in_a_block}
        joined = (single_joined or {}) if is_single else _JOINED
        if inner in joined:
            of_makers, of_diffusers = joined[inner]
            found[f"{original}{of_makers}"] = tuple(f"{start}{one}" for one in of_diffusers)
        if inner in table:
            found[f"{original}{table[inner]}"] = (name,)
        else:
            found[name] = (name,)
    return found


def count_blocks(header: SafetensorsHeader, start: str, *names: str) -> int:
    """Returns the number of blocks in a file, whose names are these behind ``start``, by whoever wrote it."""
    numbers = re.compile(rf"{re.escape(start)}(?:{'|'.join(names)})\.(\d+)\.")
    return len({match[1] for name in header.tensors if (match := numbers.match(name))})
