"""The methods of LoRA's kin: tensors for a layer, and the change of its weight, written out in float64."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

Tensors = dict[str, torch.Tensor]
Exact = Callable[[Tensors, torch.Tensor], torch.Tensor]
"""dW in float64, from the tensors of a layer and its weight."""


def made(*shapes: tuple[int, ...]) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(5)
    return tuple(torch.randn(shape, generator=generator) for shape in shapes)


def lora(shape: torch.Size, rank: int = 3) -> Tensors:
    down, up = made((rank, *shape[1:]), (shape[0], rank, *[1] * (len(shape) - 2)))
    return {"lora_down.weight": down, "lora_up.weight": up, "alpha": torch.tensor(1.5)}


def locon(shape: torch.Size) -> Tensors:
    down, mid, up = made((3, shape[1], 1, 1), (3, 3, *shape[2:]), (shape[0], 3, 1, 1))
    return {"lora_down.weight": down, "lora_mid.weight": mid, "lora_up.weight": up, "alpha": torch.tensor(1.5)}


def loha(shape: torch.Size) -> Tensors:
    columns = shape[1:].numel()
    names = ("hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b")
    tensors = made((shape[0], 3), (3, columns), (shape[0], 3), (3, columns))
    return dict(zip(names, tensors, strict=True)) | {"alpha": torch.tensor(1.5)}


def loha_tucker(shape: torch.Size) -> Tensors:
    names = ("hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b", "hada_t1", "hada_t2")
    factors = made((3, shape[0]), (3, shape[1]), (3, shape[0]), (3, shape[1]))
    cores = made((3, 3, *shape[2:]), (3, 3, *shape[2:]))
    return dict(zip(names, (*factors, *cores), strict=True)) | {"alpha": torch.tensor(1.5)}


def lokr(shape: torch.Size) -> Tensors:
    first, second = made((2, 4), (shape[0] // 2, shape[1] // 4, *shape[2:]))
    return {"lokr_w1": first, "lokr_w2": second, "alpha": torch.tensor(1e10)}


def lokr_products(shape: torch.Size) -> Tensors:
    names = ("lokr_w1_a", "lokr_w1_b", "lokr_w2_a", "lokr_w2_b")
    columns = shape[1] // 4 * shape[2:].numel()
    return dict(zip(names, made((2, 3), (3, 4), (shape[0] // 2, 3), (3, columns)), strict=True)) | {
        "alpha": torch.tensor(1.5)
    }


def lokr_tucker(shape: torch.Size) -> Tensors:
    names = ("lokr_w1", "lokr_w2_a", "lokr_w2_b", "lokr_t2")
    tensors = made((2, 4), (3, shape[0] // 2), (3, shape[1] // 4), (3, 3, *shape[2:]))
    return dict(zip(names, tensors, strict=True)) | {"alpha": torch.tensor(1.5)}


def exact_product(t: Tensors, w: torch.Tensor) -> torch.Tensor:
    down, up = t["lora_down.weight"], t["lora_up.weight"]
    return (1.5 / 3 * up.flatten(1) @ down.flatten(1)).reshape(w.shape)


def exact_locon(t: Tensors, w: torch.Tensor) -> torch.Tensor:
    """The three convolutions one after the other, of each unit input."""
    result = torch.zeros_like(w)
    for out in range(w.shape[0]):
        for i in range(3):
            for j in range(3):
                kernel = t["lora_up.weight"][out, i, 0, 0] * t["lora_mid.weight"][i, j]
                result[out] += t["lora_down.weight"][j] * kernel
    return 0.5 * result


def exact_loha(t: Tensors, w: torch.Tensor) -> torch.Tensor:
    return (0.5 * (t["hada_w1_a"] @ t["hada_w1_b"]) * (t["hada_w2_a"] @ t["hada_w2_b"])).reshape(w.shape)


def exact_tucker(core: torch.Tensor, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    ranks = [(i, j) for i in range(core.shape[0]) for j in range(core.shape[1])]
    return sum(  # pyright: ignore[reportReturnType]
        left[i][:, None, None, None] * right[j][None, :, None, None] * core[i, j] for i, j in ranks
    )


def exact_loha_tucker(t: Tensors, w: torch.Tensor) -> torch.Tensor:
    first = exact_tucker(t["hada_t1"], t["hada_w1_a"], t["hada_w1_b"])
    return 0.5 * first * exact_tucker(t["hada_t2"], t["hada_w2_a"], t["hada_w2_b"])


def exact_lokr(t: Tensors, w: torch.Tensor) -> torch.Tensor:
    first = t["lokr_w1"] if "lokr_w1" in t else t["lokr_w1_a"] @ t["lokr_w1_b"]
    scale = 0.5 if "lokr_w2_b" in t else 1.0
    if "lokr_t2" in t:
        second = exact_tucker(t["lokr_t2"], t["lokr_w2_a"], t["lokr_w2_b"])
    else:
        second = t["lokr_w2"] if "lokr_w2" in t else t["lokr_w2_a"] @ t["lokr_w2_b"]
    second = second.reshape(second.shape[0], w.shape[1] // 4, *w.shape[2:])
    blocks = [torch.cat([first[i, j] * second for j in range(4)], dim=1) for i in range(2)]
    return scale * torch.cat(blocks)


def exact_dora(change: Exact, axis: int) -> Exact:
    def exact(t: Tensors, w: torch.Tensor) -> torch.Tensor:
        whole = w + change(t, w)
        axes = [i for i in range(w.dim()) if i != axis]
        norm = whole.pow(2).sum(dim=axes, keepdim=True).sqrt()
        return t["dora_scale"].reshape(norm.shape) * whole / norm - w

    return exact


def dora(maker: Callable[[torch.Size], Tensors], axis: int) -> Callable[[torch.Size], Tensors]:
    def make(shape: torch.Size) -> Tensors:
        (scale,) = made((shape[axis],))
        kept = (-1, *[1] * (len(shape) - 1)) if axis == 0 else (1, -1, *[1] * (len(shape) - 2))
        return maker(shape) | {"dora_scale": scale.abs().reshape(kept)}

    return make


def difference(shape: torch.Size) -> Tensors:
    return dict(zip(("diff", "diff_b"), made(shape, (shape[0],)), strict=True))


METHODS: Mapping[str, tuple[Callable[[torch.Size], Tensors], Exact]] = {
    "LoRA": (lora, exact_product),
    "LoCon with Tucker": (locon, exact_locon),
    "LoHa": (loha, exact_loha),
    "LoHa with Tucker": (loha_tucker, exact_loha_tucker),
    "LoKr": (lokr, exact_lokr),
    "LoKr of products": (lokr_products, exact_lokr),
    "LoKr with Tucker": (lokr_tucker, exact_lokr),
    "DoRA by outputs": (dora(lora, 0), exact_dora(exact_product, 0)),
    "DoRA by inputs": (dora(lora, 1), exact_dora(exact_product, 1)),
    "LoHa with DoRA": (dora(loha, 0), exact_dora(exact_loha, 0)),
    "LoKr with DoRA": (dora(lokr, 0), exact_dora(exact_lokr, 0)),
    "difference": (difference, lambda t, _: t["diff"]),
    "LoRA with a bias": (lambda shape: lora(shape) | {"diff_b": made((shape[0],))[0]}, exact_product),
}


def of_all_kinds(path: Path, unet: torch.nn.Module, encoder: torch.nn.Module) -> Path:
    """Saves a file with a layer of each method and with norms, in network and text encoder, and one of OFT."""
    changed = (*unet.named_modules(), *encoder.named_modules())
    convolutions = [("lora_unet_", name, layer) for name, layer in changed if isinstance(layer, torch.nn.Conv2d)]
    words = [("lora_te_", name, layer) for name, layer in changed if name.endswith(("fc1", "q_proj"))]
    attention = [("lora_unet_", name, layer) for name, layer in changed if name.endswith(("to_k", "to_v"))]
    places: list[tuple[str, str, Any]] = [*convolutions, *words, *attention]
    state: Tensors = {"lora_unet_conv_in.oft_blocks": torch.zeros(2, 2)}
    waiting = dict(METHODS)
    for prefix, name, layer in places[1:]:  # the first one, conv_in, is that of OFT
        method = next((one for one in waiting if "Tucker" not in one or layer.weight.dim() == 4), None)
        if method is not None:
            tensors = waiting.pop(method)[0](layer.weight.shape)
            state |= {f"{prefix}{name.replace('.', '_')}.{role}": value for role, value in tensors.items()}
    assert not waiting
    state["lora_unet_mid_block_attentions_0_norm.w_norm"] = torch.ones(16)
    state["lora_te_encoder_layers_0_layer_norm1.b_norm"] = torch.ones(32)
    save_file({name: value.clone() for name, value in state.items()}, path)
    return path
