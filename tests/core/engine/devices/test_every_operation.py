"""Each operation of the table gives on a GPU what it gives on the processor, in each precision that it has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.engine.engine import Engine
from core.models.catalogue import Catalogue
from core.recipes.refinement import Refinement
from core.runs.enlargement import Enlarge, EnlargeFiles
from core.runs.events import Finished, ImageReady
from core.runs.operations import Operation, RecordAttention
from core.runs.refining import Refining
from tests.core.engine.operations.test_operations import EXAMPLES, Made, made_in
from tests.on_gpus import GPUS, distance, engine_on
from tests.tiny_families import smallest_request

PRECISIONS = {"float32": 1, "float16": 8, "bfloat16": 40}
"""Levels of 255 by which pictures may be off, which add up rounding: tiny networks have weights of noise."""

REFINEMENT = Refinement(0.5, 64)
"""Of a picture that is enlarged; so the network of a model works there, too."""


@dataclass(frozen=True, slots=True)
class Known:
    """The processor's results, by the operation, and what they were made of."""

    made: Made
    results: dict[type[Operation[Any]], Finished | ImageReady]


@pytest.fixture(scope="module")
def known(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Known:
    engine = engine_on("cpu", models)
    request = replace(smallest_request(Catalogue((models,)).find("tiny")), steps=2)
    made = made_in(tmp_path_factory.mktemp("made"), engine, request)
    return Known(made, {kind: last(engine, operation(kind, engine, made)) for kind in EXAMPLES})


def operation(kind: type[Operation[Any]], engine: Engine, made: Made) -> Operation[Any]:
    example = EXAMPLES[kind](engine, made)
    refining = Refining(REFINEMENT, made.film.request)
    return replace(example, refining=refining) if isinstance(example, Enlarge | EnlargeFiles) else example


def last(engine: Engine, operation: Operation[Any]) -> Finished | ImageReady:
    *_, event = engine.run(operation)
    assert isinstance(event, Finished | ImageReady)
    return event


def arrays(value: object) -> Iterator[NDArray[Any]]:
    """Yields all that a result holds."""
    if isinstance(value, np.ndarray):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from arrays(getattr(value, field.name))
    elif isinstance(value, dict | tuple | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from arrays(part)


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("device", GPUS)
def test_it_gives_what_the_processor_gives(models: Path, known: Known, device: str, dtype: str) -> None:
    with GPUS[device]():
        engine = engine_on(device, models, dtype=dtype)
        for kind, expected in known.results.items():
            found = last(engine, operation(kind, engine, known.made))
            for there, here in zip(arrays(found), arrays(expected), strict=True):
                assert there.shape == here.shape and np.isfinite(there).all()
                if here.dtype == np.uint8:
                    assert distance(there, here) <= PRECISIONS[dtype], kind
                elif dtype == "float32":
                    assert np.abs(there - here).max() <= 1e-3 * max(np.abs(here).max(), 1), kind
            if kind is RecordAttention:
                assert isinstance(found, Finished) and found.result is not None
