"""The HTTP door without a socket: a tiny model, or an engine that a test scripts."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from PIL import Image

from app.serve.access import Access
from app.serve.door import Door
from app.serve.jobs import Jobs
from app.serve.models import Served
from app.serve.server import application
from core.engine.engine import Engine
from core.models.catalogue import Catalogue
from core.pictures import saving
from core.settings.settings import Settings
from tests import tiny
from tests.patience import LONGEST_S

TOKEN = "a token of some length"
SMALL = {"steps": 2, "seed": 7}


@dataclass
class Caller:
    """Sends requests to a door; by default they are as they should be."""

    door: Door
    headers: dict[str, str] = field(default_factory=lambda: {"Authorization": f"Bearer {TOKEN}"})
    host: str = "localhost:7860"

    @asynccontextmanager
    async def client(self) -> AsyncGenerator[httpx2.AsyncClient]:
        transport = httpx2.ASGITransport(Access(application(self.door), TOKEN), raise_app_exceptions=False)
        async with httpx2.AsyncClient(
            transport=transport, base_url=f"http://{self.host}", headers=self.headers, timeout=LONGEST_S
        ) as client:
            yield client

    def __call__(self, method: str, path: str, **more: Any) -> httpx2.Response:
        async def call() -> httpx2.Response:
            async with self.client() as client:
                return await client.request(method, path, **more)

        return asyncio.run(call())

    def post(self, path: str, content: object) -> httpx2.Response:
        return self("POST", path, json=content)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served models")
    tiny.stable_diffusion(folder / "tiny")
    return folder


MakeDoor = Callable[..., Door]


def door_at(folder: Path, models: Path, engine: Callable[[Catalogue], Any] | None = None) -> Door:
    """Returns a door that saves pictures in a folder."""
    catalogue = Catalogue((models,))
    settings = Settings(pictures=folder / "pictures", model_folders=(models,))

    def make() -> Any:
        return engine(catalogue) if engine else Engine(catalogue, "cpu", "float32", collect=lambda: None)

    jobs = Jobs(make, lambda image: saving.save(image, settings.pictures), folder / "films")
    (folder / "received").mkdir()
    return Door(Served(catalogue, settings, "tiny"), jobs, folder / "received")


@pytest.fixture(scope="module")
def real_door(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Iterator[Door]:
    """A door with the engine and a tiny model, shared by the tests of a file."""
    door = door_at(tmp_path_factory.mktemp("door"), models)
    yield door
    door.jobs.close()


@pytest.fixture
def ask(real_door: Door) -> Caller:
    return Caller(real_door)


def picture(size: int = 64, *, hole: bool = False) -> bytes:
    """Returns a PNG; with a transparent square in its middle."""
    pixels = np.full((size, size, 4), 255, np.uint8)
    pixels[..., 0] = np.arange(size)
    if hole:
        pixels[size // 4 : size // 2, size // 4 : size // 2, 3] = 0
    content = BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


def opened(text: str) -> Image.Image:
    """Returns a picture in base64."""
    return Image.open(BytesIO(base64.b64decode(text)))
