"""A hub on this machine with one small model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.downloads.download import DownloadSpec, download
from core.downloads.events import DownloadEvent
from core.downloads.hub import Hub, HubAddress, Secret
from core.downloads.retry_policy import RetryPolicy
from tests.hub_content import Content, Text
from tests.hub_server import HubServer, Repository

NAME = "studio/small"
WEIGHTS = "unet/diffusion_pytorch_model.fp16.safetensors"

Fetch = Callable[..., list[DownloadEvent]]


def small_model(size: int = 300_000) -> dict[str, Content]:
    return {
        "model_index.json": Text(b'{"_class_name": "StableDiffusionPipeline"}'),
        "unet/config.json": Text(b"{}"),
        WEIGHTS: Content(size, seed=1),
        "unet/diffusion_pytorch_model.bin": Content(2000, seed=2),
        "README.md": Text(b"words"),
    }


@pytest.fixture
def server() -> Iterator[HubServer]:
    with HubServer({NAME: Repository(small_model())}) as running:
        yield running


@pytest.fixture
def fetch(server: HubServer, tmp_path: Path) -> Fetch:
    """Downloads the small model into ``tmp_path / "small"`` and returns what was told."""

    def run(
        token: str = "", attempts: int = 4, stall_s: float = 0.3, free: int = 2**40, proxy: str = ""
    ) -> list[DownloadEvent]:
        address = HubAddress(server.endpoint, proxy, connect_s=2, stall_s=stall_s)
        with Hub(address, Secret(token)) as hub:
            patience = RetryPolicy(attempts, first_wait_s=0.01)
            return list(download(hub, DownloadSpec(NAME, tmp_path / "small"), patience, lambda _folder: free))

    return run
