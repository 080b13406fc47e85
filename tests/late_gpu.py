"""A stand-in for a GPU whose copies come late: they are carried out when somebody waits for them, or at once.

Real ones do either, as they like: nothing may be read before it was waited for, and no block be used again before
it was read. The tensors are those of the processor; pinned memory is ordinary.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import torch
from torch.overrides import TorchFunctionMode

from core.engine.sampling.copies import Copies


@dataclass
class LateGpu(TorchFunctionMode):
    """Stands for ``torch.cuda``, and sees what is copied and pinned while it is entered.

    Attributes:
        is_late: copies are carried out when they are waited for.
        has_pinned_memory: otherwise asking for some fails as CUDA does.
        copies: how many were begun. waits: how many were waited for.
        is_behind: the stream of copies waits for what was computed so far.
        lent: tensors whose memory is not given to others before their copy is carried out.
    """

    is_late: bool = True
    has_pinned_memory: bool = True
    copies: int = 0
    waits: int = 0
    is_behind: bool = False
    lent: list[torch.Tensor] = field(default_factory=list)
    pending: list[Callable[[], object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def __torch_function__(
        self, func: Callable[..., Any], _types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        options = dict(kwargs or {})
        if options.pop("pin_memory", False) and not self.has_pinned_memory:
            raise torch.AcceleratorError("CUDA error: out of memory")
        if func is torch.Tensor.record_stream:
            self.lent.append(args[0])
            return None
        if func is torch.Tensor.copy_ and options.pop("non_blocking", False):
            self.copies += 1
            if not self.is_behind:
                raise AssertionError("a copy of what is not computed yet")
            self.is_behind = False
            self.pending.append(partial(self._carry_out, *args))
            if not self.is_late:
                self.finish()
            return args[0]
        return func(*args, **options)

    def _carry_out(self, block: torch.Tensor, source: torch.Tensor) -> None:
        if self.is_late and not any(one is source for one in self.lent):
            raise AssertionError("a copy of memory that may be another's by now")
        block.copy_(source)

    def finish(self) -> None:
        """Carries out what was begun."""
        pending, self.pending = self.pending, []
        for copy in pending:
            copy()
        self.lent.clear()

    def current_stream(self) -> None:
        return None

    def stream(self, _stream: object) -> AbstractContextManager[None]:
        return nullcontext()

    def Stream(self) -> Any:  # noqa: N802  as torch calls it
        return self

    def Event(self) -> Any:  # noqa: N802
        return self

    def wait_stream(self, _stream: object) -> None:
        self.is_behind = True

    def record(self) -> None: ...

    def synchronize(self) -> None:
        self.waits += 1
        self.finish()


@contextmanager
def late_gpu(*, is_late: bool = True, has_pinned_memory: bool = True) -> Generator[LateGpu]:
    """Has runs take their calls from such a GPU, until the block is left."""
    with pytest.MonkeyPatch.context() as patch, LateGpu(is_late, has_pinned_memory) as gpu:

        def module(_device: torch.device) -> LateGpu:
            return gpu

        def copies(_device: torch.device) -> Copies:
            return Copies(torch.device("cuda"))

        patch.setattr(torch, "get_device_module", module)
        patch.setattr("core.engine.generation.Copies", copies)
        yield gpu
