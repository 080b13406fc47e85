"""Capturing on NVIDIA GPUs: stand-ins for torch's streams and graphs, which no processor has."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from unittest.mock import MagicMock

import pytest
import torch

from core.engine.networks.graphs import capture_on


def test_amds_libraries_replay_other_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "Stream", MagicMock())
    gpu = torch.device("cuda", 0)
    assert capture_on(gpu) is not None
    assert all(capture_on(torch.device(kind)) is None for kind in ("cpu", "mps", "xpu"))
    monkeypatch.setattr(torch.version, "hip", "7.0")
    assert capture_on(gpu) is None


def test_each_graph_is_captured_on_a_stream_of_its_own_and_a_failure_leaves_none_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Stand-ins for torch's: the context of a capture that fails does not go back to the stream before."""
    main = MagicMock()
    current: list[Any] = [main]

    @contextmanager
    def stream(new: Any) -> Generator[None]:
        before, current[0] = current[0], new
        try:
            yield
        finally:
            current[0] = before

    cleared = MagicMock()

    @contextmanager
    def graph(_graph: Any, *, stream: Any, **options: Any) -> Generator[None]:
        assert options["capture_error_mode"] == "thread_local"
        assert cleared.call_count % 2 == 1  # of cuBLAS' workspaces, which come to lie in the graph's memory then
        before, current[0] = current[0], stream
        yield
        current[0] = before  # not where the work fails

    for name, value in {"stream": stream, "graph": graph, "current_stream": lambda: current[0]}.items():
        monkeypatch.setattr(torch.cuda, name, value)
    monkeypatch.setattr(torch.cuda, "Stream", lambda _device: MagicMock())  # pyright: ignore
    for name in ("CUDAGraph", "graph_pool_handle", "get_sync_debug_mode"):
        monkeypatch.setattr(torch.cuda, name, MagicMock())
    mode, ended = MagicMock(), MagicMock()
    monkeypatch.setattr(torch.cuda, "set_sync_debug_mode", mode)
    monkeypatch.setattr("torch._C._cuda_endAllocateToPool", ended, raising=False)
    monkeypatch.setattr("torch._C._cuda_releasePool", ended, raising=False)
    monkeypatch.setattr("torch._C._cuda_clearCublasWorkspaces", cleared, raising=False)
    capture, used = capture_on(torch.device("cuda", 0)), list[Any]()
    assert capture is not None
    for slot in (0, 1):
        capture(lambda: used.append(current[0]), slot)
    assert used[0] is used[1]  # it is warmed up where it is captured
    assert used[2] is used[3]
    assert used[0] is not used[2]
    assert [call.args[0] == "error" for call in mode.call_args_list] == [True, False] * 2
    ended.assert_not_called()
    assert cleared.call_count == 4

    def failing() -> None:
        used.append(current[0])
        if len(used) % 2 == 0:
            raise RuntimeError("operation not permitted when stream is capturing")

    with pytest.raises(RuntimeError):
        capture(failing, 0)
    assert current == [main]
    assert ended.call_count == 2
    assert cleared.call_count == 6

    ended.reset_mock()
    used.append(main)
    with pytest.raises(RuntimeError):
        capture(failing, 0)  # already while it is warmed up, as where it waits for the device
    ended.assert_not_called()
    assert mode.call_args.args[0] != "error"
