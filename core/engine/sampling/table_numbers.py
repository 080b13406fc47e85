"""Numbers out of the samplers' tables, as operands beside latents on an Apple GPU."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch.overrides import TorchFunctionMode


class _Copied(TorchFunctionMode):
    """Copies each number that lies inside a table before it is multiplied with a tensor of the GPU.

    Until torch 2.14, Metal is given the first number of the table instead, and nothing tells so (pytorch issues
    187117 and 191929): ``x / sigmas[i]`` divides by ``sigmas[0]``.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        options = kwargs or {}
        if func is not torch.Tensor.copy_ and any(_is_there(one) for one in (*args, *options.values())):
            args = tuple(_copied(one) for one in args)
            options = {name: _copied(one) for name, one in options.items()}
        return func(*args, **options)


def beside(latents: torch.Tensor) -> AbstractContextManager[Any]:
    """Makes numbers of the processor safe operands of such latents, until the block is left."""
    return _Copied() if latents.device.type == "mps" else nullcontext()


def _is_there(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.device.type == "mps"


def _copied(value: Any) -> Any:
    is_number = isinstance(value, torch.Tensor) and value.device.type == "cpu" and value.dim() == 0
    return value.clone() if is_number and value.storage_offset() else value
