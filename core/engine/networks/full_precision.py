"""Repeats a call of a network in float32 where float16, which ends at 65504, gave no numbers."""

import logging
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch.utils._pytree import tree_map

from core.engine.devices.out_of_memory import RAN_OUT, attempt
from core.engine.sampling.denoising import Predict, Timestep
from core.engine.sampling.guidance import Prediction

log = logging.getLogger(__name__)


def repeated_in_float32(
    predict: Predict,
    network: torch.nn.Module,
    moved: Callable[[], None],
    beside: Callable[[], Iterable[torch.nn.Module]] = tuple,
) -> Predict:
    """Returns ``predict``, whose calls of ``network``, and those ``beside`` it, are repeated once in float32.

    That is if they overflow in float16.

    Other precisions have the range of float32, so a repetition would not help. What comes out is in float16 either
    way, so that a film's calls are alike. Weights take twice the room meanwhile; where that is not there, the
    prediction stays as it was. ``moved`` is called when weights have been at other places meanwhile.
    """

    def call(x: torch.Tensor, t: Timestep) -> Prediction:
        prediction = predict(x, t)
        if prediction.cond.dtype is not torch.float16 or _is_finite(prediction):
            return prediction
        log.info("the network gave values that are not numbers in float16; the call is repeated in float32")
        repeated = attempt(lambda: widened(x, t))
        return prediction if repeated is RAN_OUT else repeated

    def widened(x: torch.Tensor, t: Timestep) -> Prediction:
        try:
            with ExitStack() as stack:
                for one in (network, *beside()):
                    stack.enter_context(_in_float32(one))
                return predict(x, t)
        finally:
            moved()

    return call


def _is_finite(prediction: Prediction) -> bool:
    weaker = prediction.without_layers[0] if prediction.without_layers is not None else None
    parts = [part for part in (prediction.cond, prediction.uncond, weaker) if part is not None]
    return bool(torch.stack([part.isfinite().all() for part in parts]).all())  # waits for the device


@contextmanager
def _in_float32(network: torch.nn.Module) -> Generator[None]:
    """Lets the network compute in float32 on what it is given in float16, and gives its weights back unchanged."""
    tensors = [*network.parameters(), *network.buffers()]
    halves = [tensor for tensor in tensors if tensor.dtype is torch.float16]
    before = network.register_forward_pre_hook(_widened, with_kwargs=True)
    after = network.register_forward_hook(lambda _network, _inputs, output: _cast(output, torch.float16))
    try:
        _turn(halves, torch.float32)
        yield
    finally:
        before.remove()
        after.remove()
        _turn(halves, torch.float16)  # exact, since they came from there


@torch.inference_mode(mode=False)
def _turn(tensors: list[torch.Tensor], dtype: torch.dtype) -> None:
    for tensor in tensors:
        tensor.data = tensor.data.to(dtype)


def _widened(_network: Any, inputs: Any, options: Any) -> Any:
    return _cast((inputs, options), torch.float32)


def _cast(values: Any, dtype: torch.dtype) -> Any:
    def cast_one(value: Any) -> Any:
        return value.to(dtype) if isinstance(value, torch.Tensor) and value.is_floating_point() else value

    return tree_map(cast_one, values)
