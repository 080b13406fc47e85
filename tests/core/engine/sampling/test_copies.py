"""Latents come off the device in one copy, to the bit, and without holding up the next call."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from itertools import pairwise

import ml_dtypes
import numpy as np
import pytest
import torch

from core.engine.sampling.copies import Copies
from tests.late_gpu import late_gpu

DTYPES = {
    torch.float32: np.float32,
    torch.bfloat16: ml_dtypes.bfloat16,
    torch.float16: np.float16,
    torch.bool: bool,
}


def tensors(seed: int, dtypes: Sequence[torch.dtype] = tuple(DTYPES)) -> list[torch.Tensor]:
    """Shapes of odd sizes, one without dimensions and one with another order in memory."""
    generator = torch.Generator().manual_seed(seed)
    made = [torch.randn((3, 5, 7), generator=generator).to(dtype) for dtype in dtypes]
    return [*made, made[0].permute(1, 2, 0), made[0].isfinite().all(), *made[0].unsqueeze(0).chunk(3, dim=1)]


def assert_equal(read: Sequence[np.ndarray], expected: Sequence[torch.Tensor]) -> None:
    assert [(array.shape, array.dtype) for array in read] == [(t.shape, DTYPES[t.dtype]) for t in expected]
    for array, tensor in zip(read, expected, strict=True):
        np.testing.assert_array_equal(array.astype(np.float64), tensor.double().numpy())


@pytest.mark.parametrize("first", DTYPES)
def test_tensors_of_every_dtype_arrive_as_they_are(first: torch.dtype) -> None:
    kept = tensors(1, (first, *DTYPES))
    assert_equal(Copies(torch.device("cpu")).begin(kept).read(), kept)


def test_on_the_processor_later_changes_do_not_reach_what_was_read() -> None:
    (before, x) = (torch.zeros(4), torch.zeros(4))
    copy = Copies(torch.device("cpu")).begin([x])
    x += 1
    assert_equal(copy.read(), [before])


@pytest.mark.parametrize("is_late", [True, False])
def test_the_next_copy_is_begun_before_the_last_one_is_read(is_late: bool) -> None:
    read: list[list[np.ndarray]] = []
    with late_gpu(is_late=is_late) as gpu:
        copies = Copies(torch.device("cuda"))
        assert copies.looks_ahead
        waiting = copies.begin(tensors(0))
        for seed in range(1, 5):
            after = copies.begin(tensors(seed))
            read.append(waiting.read())
            waiting = after
        read.append(waiting.read())
        assert (gpu.copies, gpu.waits) == (5, 5)
    for seed, arrays in enumerate(read):
        assert_equal(arrays, tensors(seed))


def test_copies_may_grow_and_shrink() -> None:
    with late_gpu():
        copies = Copies(torch.device("cuda"))
        kept = [tensors(seed)[:count] for seed, count in enumerate((2, 4, 4, 1, 8, 3, 8))]
        waiting = copies.begin(kept[0])
        for before, after in pairwise(kept):
            begun = copies.begin(after)
            assert_equal(waiting.read(), before)
            waiting = begun
        assert_equal(waiting.read(), kept[-1])


def test_without_pinned_memory_each_call_is_waited_for(expected_warnings: list[str]) -> None:
    expected_warnings.append("no pinned memory")
    with late_gpu(has_pinned_memory=False) as gpu:
        copies = Copies(torch.device("cuda"))
        for seed in range(3):
            copy = copies.begin(tensors(seed))
            assert not copies.looks_ahead
            assert_equal(copy.read(), tensors(seed))
        assert gpu.copies == 0


def test_what_was_read_outlives_the_copies() -> None:
    with late_gpu():
        copies = Copies(torch.device("cuda"))
        read = copies.begin(tensors(7)).read()
        for seed in range(3):
            copies.begin(tensors(seed)).read()
    del copies
    gc.collect()
    assert_equal(read, tensors(7))


def test_what_is_kept_of_a_copy_does_not_keep_the_rest() -> None:
    for array in Copies(torch.device("cpu")).begin(tensors(1)).read():
        whole = array if array.base is None else array.base
        assert whole.nbytes == array.nbytes
