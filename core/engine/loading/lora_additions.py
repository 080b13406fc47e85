"""The changes that LoRA and its kin make to a layer, each as a term that is added to the layer's result.

The layer itself stays as it was loaded, packed or not: ``y = layer(x) + sum of weight * addition(x)``.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch.nn import functional

from core.checkpoints.lora_keys import DIFFERENCE, LOHA, LOKR, LORA
from core.engine.networks.processor_layers import keep_weight, plain_weight
from core.engine.weights.packed_layers import Packed

Tensors = Mapping[str, torch.Tensor]

HOOKS = ("_diffusers_hook", "_hf_hook")
"""Attributes in which diffusers and accelerate keep the hooks of a layer."""


class AdaptedLayer(torch.nn.Module):
    """Stands in the place of a layer that LoRAs act on. Others find the layer's own attributes in it.

    Attributes:
        base_layer: the layer as it was loaded. lora_additions: in the order in which they are added.
    """

    def __init__(self, layer: torch.nn.Module) -> None:
        super().__init__()
        self.base_layer = layer
        self.lora_additions = torch.nn.ModuleList()
        self._owners: list[int] = []
        self._weights: list[float] = []

    def add(self, lora: int, addition: Any) -> None:
        """Takes another addition, which comes from the LoRA of this number."""
        if addition.needs_weight:
            keep_weight(self.base_layer)
        self._owners.append(lora)
        self.lora_additions.append(addition.to(next(self.base_layer.parameters()).device))

    def weigh(self, weights: Sequence[float]) -> None:
        """Takes the weights that the user gives the LoRAs, by their numbers."""
        self._weights = [weights[lora] for lora in self._owners]

    def forward(self, x: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        y: torch.Tensor = self.base_layer(x, *args, **kwargs)
        dtype = y.dtype
        for addition, weight in zip(self.lora_additions, self._weights, strict=True):
            term: Any = addition
            own = (plain_weight(self.base_layer),) if term.needs_weight else ()
            y = y + term(x, *own) * (weight * term.alpha / term.rank)
        return y.to(dtype)

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            if name in HOOKS:  # each layer has its own, or those that go through all layers find one twice
                raise
            return getattr(super().__getattr__("base_layer"), name)


class Product(torch.nn.Module):
    """``up(down(x))`` (Hu et al. 2021), computed as peft does."""

    needs_weight = False

    def __init__(self, layer: Any, tensors: Tensors, scale: tuple[float, int], rows: slice) -> None:
        """``scale``: alpha and rank. ``rows``: those of the file's layer that are this one's."""
        super().__init__()
        self.alpha, self.rank = scale
        self.convolution = _convolution(layer)
        down, up = tensors["down"].flatten(1), tensors["up"].flatten(1)[rows]
        if self.convolution is not None:
            down, up = down.reshape(len(down), -1, *layer.kernel_size), up[..., None, None]
        dtype = _dtype(layer)
        self.down, self.up = _frozen(down.to(dtype)), _frozen(up.to(dtype))
        self.bias = _frozen(tensors["up_bias"][rows].to(dtype)) if "up_bias" in tensors else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.to(self.down.dtype)
        if self.convolution is None:
            return functional.linear(functional.linear(x, self.down), self.up, self.bias)
        return functional.conv2d(functional.conv2d(x, self.down, None, **self.convolution), self.up, self.bias)


class Rebuilt(torch.nn.Module):
    """The change of the weights as a whole, built anew from its few numbers at each use, in float32.

    With ``dora_scale`` the weight is decomposed (Liu et al. 2024): ``m * (W + dW) / norm(W + dW)``, the norms over
    all but the axis that m keeps; as in ComfyUI the user's weight blends between W and that.
    """

    def __init__(self, layer: Any, method: str, tensors: Tensors, scale: tuple[float, int], rows: slice) -> None:
        """See `Product`."""
        super().__init__()
        self.method, self.rows, self.shape = method, rows, shape_of(layer)
        self.convolution = _convolution(layer)
        self.needs_weight = "dora_scale" in tensors
        self.scale = scale[0] / scale[1]
        self.alpha, self.rank = 1.0, 1
        self.roles = tuple(tensors)
        for role, value in tensors.items():
            self.register_parameter(role, _frozen(value))

    def forward(self, x: torch.Tensor, weight: torch.Tensor | None = None) -> torch.Tensor:
        change = self.change(weight).to(x.dtype)
        if self.convolution is None:
            return functional.linear(x, change)
        # Metal reads weights in another order as if they were in this one (pytorch issue 192212)
        return functional.conv2d(x, change.contiguous(), None, **self.convolution)

    def change(self, weight: torch.Tensor | None) -> torch.Tensor:
        """Returns the change of the weight, float32 in its shape; DoRA needs the ``weight`` itself."""
        tensors = {role: self.get_parameter(role).float() for role in self.roles}
        change = CHANGES[self.method](tensors)[self.rows].reshape(self.shape)
        change = change * self.scale * tensors.get("scalar", 1.0)
        if weight is None:
            return change
        own = weight.float()
        whole = own + change
        kept = 0 if is_of_outputs(tensors["dora_scale"]) else 1
        axes = [axis for axis in range(whole.dim()) if axis != kept]
        norm = torch.linalg.vector_norm(whole, dim=axes, keepdim=True)
        magnitude = tensors["dora_scale"][self.rows] if kept == 0 else tensors["dora_scale"]
        return whole * (magnitude.reshape(norm.shape) / norm) - own


class OfBias(torch.nn.Module):
    """The change of a layer's bias."""

    needs_weight, alpha, rank = False, 1.0, 1

    def __init__(self, layer: Any, change: torch.Tensor) -> None:
        super().__init__()
        shape = (-1, 1, 1) if isinstance(layer, torch.nn.Conv2d) else (-1,)
        self.change = _frozen(change.to(_dtype(layer)).reshape(shape))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.change.clone()  # with a few layers at a time on the device it has left that before it is added


class OfNorm(torch.nn.Module):
    """The change of the weight and bias of a normalisation."""

    needs_weight, alpha, rank = False, 1.0, 1

    def __init__(self, layer: Any, tensors: Tensors) -> None:
        super().__init__()
        self.normalise = _normaliser(layer)
        self.is_of_channels = isinstance(layer, torch.nn.GroupNorm)
        weight, bias = (
            next((_frozen(tensors[role].to(_dtype(layer))) for role in roles if role in tensors), None)
            for roles in (("w_norm", "diff"), ("b_norm", "diff_b"))
        )
        self.weight, self.bias = weight, bias

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shape = (-1, *[1] * (x.dim() - 2)) if self.is_of_channels else (-1,)
        y = self.normalise(x) * self.weight.view(shape) if self.weight is not None else torch.zeros_like(x)
        return y if self.bias is None else y + self.bias.view(shape)


def _product(tensors: Tensors) -> torch.Tensor:
    down, up = tensors["down"].flatten(1), tensors["up"].flatten(1)
    if "mid" not in tensors:
        return up @ down
    return _tucker(tensors["mid"], up.T, down)


def _hadamard(tensors: Tensors) -> torch.Tensor:
    """LoHa (Hyeon-Woo et al. 2022, FedPara)."""
    first, second = (
        _tucker(tensors[f"hada_t{i}"], tensors[f"hada_w{i}_a"], tensors[f"hada_w{i}_b"])
        if f"hada_t{i}" in tensors
        else tensors[f"hada_w{i}_a"] @ tensors[f"hada_w{i}_b"]
        for i in (1, 2)
    )
    return first * second


def _kronecker(tensors: Tensors) -> torch.Tensor:
    """LoKr (Yeh et al. 2023, LyCORIS); either factor may be a product itself."""
    first = tensors["lokr_w1"] if "lokr_w1" in tensors else tensors["lokr_w1_a"] @ tensors["lokr_w1_b"]
    if "lokr_w2" in tensors:
        second = tensors["lokr_w2"]
    elif "lokr_t2" in tensors:
        second = _tucker(tensors["lokr_t2"], tensors["lokr_w2_a"], tensors["lokr_w2_b"])
    else:
        second = tensors["lokr_w2_a"] @ tensors["lokr_w2_b"]
    return torch.kron(first.reshape(*first.shape, *[1] * (second.dim() - 2)), second.contiguous())


def _difference(tensors: Tensors) -> torch.Tensor:
    return next(tensors[role] for role in ("diff", "w_norm") if role in tensors)


def _tucker(core: torch.Tensor, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Returns (outputs, inputs, height, width) of (ranks, ranks, ...), (ranks, outputs) and (ranks, inputs)."""
    return torch.einsum("ijkl,ip,jr->prkl", core, left, right)


CHANGES: Mapping[str, Callable[[Tensors], torch.Tensor]] = MappingProxyType(
    {LORA: _product, LOHA: _hadamard, LOKR: _kronecker, DIFFERENCE: _difference}
)
"""dW of each method, without its scale."""

RANK_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {LORA: ("down",), LOHA: ("hada_w1_b",), LOKR: ("lokr_w2_b", "lokr_w1_b"), DIFFERENCE: ()}
)
"""The tensors whose rows are the rank, by which alpha is divided; without any alpha means nothing."""


def is_norm(layer: object) -> bool:
    """True for a normalisation with a weight."""
    return "Norm" in type(layer).__name__ and getattr(layer, "weight", None) is not None


def _normaliser(layer: Any) -> Callable[[torch.Tensor], torch.Tensor]:
    """Returns the normalisation without weight and bias."""
    if isinstance(layer, torch.nn.GroupNorm):
        return lambda x: functional.group_norm(x, layer.num_groups, None, None, layer.eps)
    if isinstance(layer, torch.nn.LayerNorm):
        return lambda x: functional.layer_norm(x, layer.normalized_shape, None, None, layer.eps)
    eps = getattr(layer, "eps", None) or layer.variance_epsilon
    return lambda x: (x.float() * torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + eps)).to(x.dtype)


def _convolution(layer: Any) -> dict[str, Any] | None:
    if not isinstance(layer, torch.nn.Conv2d):
        return None
    return {name: getattr(layer, name) for name in ("stride", "padding", "dilation", "groups")}


def shape_of(layer: Any) -> tuple[int, ...]:
    """Returns the shape of a layer's weight, also while it is not in memory."""
    if isinstance(layer, torch.nn.Linear):
        return layer.out_features, layer.in_features
    if isinstance(layer, torch.nn.Conv2d):
        return layer.out_channels, layer.in_channels // layer.groups, *layer.kernel_size
    if isinstance(layer, torch.nn.GroupNorm):
        return (layer.num_channels,)
    return tuple(getattr(layer, "normalized_shape", layer.weight.shape))


def is_of_outputs(dora_scale: torch.Tensor) -> bool:
    """True for one magnitude for each output, False for one for each input."""
    return dora_scale.shape[0] != 1


def _dtype(layer: torch.nn.Module) -> torch.dtype:
    """Returns the dtype that a layer computes in."""
    if isinstance(layer, Packed):
        return layer.dtype
    return next(parameter.dtype for parameter in layer.parameters() if parameter.is_floating_point())


def _frozen(tensor: torch.Tensor) -> torch.nn.Parameter:
    return torch.nn.Parameter(tensor.contiguous(), requires_grad=False)
