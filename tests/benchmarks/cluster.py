"""Pictures per second of a Ray cluster on this computer: ``python -m tests.benchmarks.cluster``.

Makes pictures of the starter model by turns in this process, and on clusters of one node and of two, each with one
core to give; a network has one thread everywhere. The first pictures, in which models are loaded, are left out. It
prints pictures per second, and the processor time (user and system) of all processes for each picture. Needs the
extra ``emulsion[cluster]``. On a computer with two cores this process has its work to do beside two busy nodes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from importlib import import_module
from typing import Any

import psutil

from app.cli.cluster_engine import make_node_engine
from app.startup.environment import set_environment
from core.cluster import pool
from core.cluster.dispatch import Job
from core.cluster.ray_cluster import RayCluster
from core.models.folders import FixedPlaces
from core.remote.messages import MakeEngine
from core.request.numbering import numbered
from core.request.request import GenerationRequest
from core.runs.events import ImageReady, PreviewMode
from core.runs.operations import Generate

REQUEST = GenerationRequest("a red house by the sea at sunset", seed=7)
WARM = 3
"""The first pictures of each engine are not measured."""


def here(operations: list[Generate]) -> Iterator[None]:
    """Yields after each picture that is made in this process."""
    from core.engine.engine import Engine
    from core.models.catalogue import Catalogue

    with closing(Engine(Catalogue(()), "cpu")) as engine:
        for operation in operations:
            yield from (None for event in engine.run(operation) if isinstance(event, ImageReady))


def there(nodes: int, operations: list[Generate]) -> Iterator[None]:
    """Yields after each picture of a cluster with so many nodes."""
    share: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 80 * 2**20, "include_dashboard": False}
    started = import_module("ray.cluster_utils").Cluster(initialize_head=True, head_node_args=share)
    for _ in range(nodes - 1):
        started.add_node(**share)
    jobs = [Job(number, REQUEST.model, operation) for number, operation in enumerate(operations)]
    with closing(RayCluster(started.address, MakeEngine(), FixedPlaces, make_node_engine)) as cluster:
        for one in pool.pictures(cluster.engines(), jobs):
            if isinstance(one, pool.Happened) and isinstance(one.event, ImageReady):
                yield
    started.shutdown()


def processor_seconds() -> float:
    """Returns what this process and all of Ray have used."""
    total = 0.0
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid == os.getpid() or "ray" in " ".join(process.cmdline()):
                total += sum(process.cpu_times()[:2])
    return total


def main() -> int:
    """Takes turns and prints what they took."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.cluster", description=__doc__)
    parser.add_argument("--steps", type=int, default=20, help="steps of each picture (default: 20)")
    parser.add_argument("--pictures", type=int, default=24, help="of each turn that are measured (default: 24)")
    parser.add_argument("--turns", type=int, default=2, help="of each kind (default: 2)")
    arguments = parser.parse_args()
    kinds = {"this process": (here, 1), "1 node": (partial(there, 1), 1), "2 nodes": (partial(there, 2), 2)}
    rates: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(arguments.turns):
        for kind, (make, engines) in kinds.items():
            count = arguments.pictures + (warm := WARM * engines)
            requests = (numbered(REQUEST, number) for number in range(count))
            operations = [
                Generate(GenerationRequest(one.prompt, seed=one.seed, steps=arguments.steps), PreviewMode.linear)
                for one in requests
            ]
            began = before = 0.0
            for number, _ in enumerate(make(operations), 1):
                if number == warm:
                    began, before = time.perf_counter(), processor_seconds()
                if number == count:
                    lasted, spent = time.perf_counter() - began, processor_seconds() - before
                    rates[kind].append(arguments.pictures / lasted)
                    each = spent / arguments.pictures
                    print(f"{kind:<13} {rates[kind][-1]:6.2f} pictures/s, {each:6.3f} s of the processor for each")
    alone, *others = (statistics.median(rate) for rate in rates.values())
    for kind, rate in zip([*kinds][1:], others, strict=True):
        print(f"{kind}: {rate / alone:.2f} times as fast as this process")
    print(f"2 nodes: {others[1] / others[0]:.2f} times as fast as 1 node")
    return 0


if __name__ == "__main__":
    set_environment(os.environ)
    os.environ["OMP_NUM_THREADS"] = "1"
    sys.exit(main())
