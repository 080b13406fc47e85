"""The pictures of a command, made by all engines of a cluster at once. This process alone writes files."""

from __future__ import annotations

import io
import logging
import secrets
import sys
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, redirect_stdout, suppress
from dataclasses import replace
from typing import Any, Protocol

from app.cli.cluster_engine import make_node_engine
from app.cli.interrupts import Interrupts
from app.cli.picture_job import Job, Made
from app.cli.terminal import Notes, Progress
from app.messages.errors import PHASES, message
from core.cluster import pool
from core.cluster.dispatch import Job as Picture
from core.cluster.ray_cluster import Node, RayCluster
from core.film.film import Film
from core.film.reader import PART_SUFFIX
from core.grid.folder import made, making
from core.grid.operation import MakeGrid
from core.language.words import plural, tr
from core.pictures.source import keep_sources
from core.prompt.drawing import ValuesOf, drawn
from core.recipes.recipe import Recipe
from core.remote.away import ClusterUnusable
from core.remote.client import fixed
from core.remote.messages import MakeEngine
from core.request.numbering import numbered, seeded
from core.request.request import GenerationRequest
from core.runs.events import ImageReady, Phase, Started, Stepped
from core.runs.operations import Generate, Operation
from core.runs.recorder import FilmRecorder
from core.version import VERSION

log = logging.getLogger(__name__)


class EngineSite(pool.Place, Protocol):
    """A place for an engine on a computer with a name, "" before it is known."""

    @property
    def computer(self) -> str: ...


class Cluster(Protocol):
    """The computers that make pictures; `core.cluster.ray_cluster.RayCluster` is one, and tells more of each."""

    @property
    def address(self) -> str: ...
    @property
    def nodes(self) -> Sequence[Node]: ...
    @property
    def has_gpus(self) -> bool: ...
    @property
    def cores(self) -> int: ...
    @property
    def has_tokens(self) -> bool: ...
    @property
    def versions(self) -> str: ...
    def engines(self) -> Sequence[EngineSite]: ...


def cluster_pictures(
    job: Job, address: str, operations: Sequence[Operation[Any]], progress: Progress, notes: Notes
) -> Generator[Made]:
    """Makes the pictures of operations, in the order in which they are finished. Raises ClusterUnusable."""
    keeps, places = job.encodings is not None, fixed(job.catalogue.places())
    how = (job.device, job.dtype, job.memory, job.tiled_decode, job.acceleration)
    order = MakeEngine(*how, keeps_encodings=keeps)
    with (
        redirect_stdout(_Log(sys.stdout.encoding)),
        closing(RayCluster(address, order, lambda: places, make_node_engine)) as cluster,
        closing(pictures_of(cluster, job, operations, progress, notes)) as pictures,
    ):
        yield from pictures


def pictures_of(
    cluster: Cluster, job: Job, operations: Sequence[Operation[Any]], progress: Progress, notes: Notes
) -> Generator[Made]:
    """Makes the pictures of operations by the engines of a cluster. Raises ClusterUnusable, and their errors."""
    with ExitStack() as stack:
        for operation in operations:
            if isinstance(operation, MakeGrid):
                stack.enter_context(making(operation.grid, operation.place))
        singles = list(_singles(operations, job.catalogue.wildcards.values))
        jobs = [Picture(number, single.request.model, single) for number, single in enumerate(singles)]
        for single in {_sources(single.request): single for single in singles}.values():
            keep_sources(single.request, job.catalogue.sources)
        _introduce(cluster, progress)
        progress.begin_phase(PHASES[Phase.importing])
        places = {place.name: place for place in cluster.engines()}
        interrupts = stack.enter_context(Interrupts())
        news = stack.enter_context(closing(pool.pictures(tuple(places.values()), jobs)))
        yield from _Telling(job, len(jobs), places, progress, notes).made(news, interrupts)


def _sources(request: GenerationRequest) -> tuple[Any, ...]:
    return request.source, request.mask, request.references, request.controls


class _Telling:
    """Tells what happens, keeps films, and checks that all engines have the same files."""

    def __init__(
        self, job: Job, count: int, places: Mapping[str, EngineSite], progress: Progress, notes: Notes
    ) -> None:
        self._job, self._count, self._places = job, count, places
        self._progress, self._notes = progress, notes
        self._recorders: dict[str, FilmRecorder] = {}
        self._running: dict[str, str] = {}
        self._files: dict[tuple[str, str], tuple[str, str]] = {}
        self._done, self._began = 0, time.monotonic()

    def made(self, news: Generator[pool.News], interrupts: Interrupts) -> Iterator[Made]:
        try:
            for one in news:
                interrupts.check()
                match one:
                    case pool.Happened(place, picture, event):
                        if isinstance(event, Started):
                            self._begin_film(place, event.film)
                        recorder = self._recorder_of(place)
                        recorder.follow(event)
                        self._notes.follow(event)
                        match event:
                            case Started(film):
                                request = film.request
                                steps = request.all_steps - film.skipped_steps
                                if request.template:
                                    self._progress.note(tr("prompt: {prompt}", prompt=request.prompt))
                                self._progress.begin_picture(picture.number + 1, self._count, request.seed, steps)
                            case Stepped(frame=frame, film=film):
                                self._show(place, picture.number, frame.step + 1, film)
                            case ImageReady(image):
                                where = self._where(place)
                                self._running.pop(place, None)
                                self._check(image.recipe, where)
                                self._done += 1
                                yield Made(image, recorder, place=where)
                            case _:
                                pass
                    case pool.Lost(place):
                        self._running.pop(place, None)
                        self._recorder_of(place).end()
                        sentence = tr(
                            "{place} is gone; what it was making is made again", place=self._where(place)
                        )
                        self._notes.tell(sentence)
                    case pool.Refused(place, error) | pool.Left(place, error):
                        self._running.pop(place, None)
                        self._recorder_of(place).end()
                        log.info("%s: %s", place, error)
                        self._notes.tell(f"{self._where(place)}: {message(error)}")
                    case _:
                        pass
        finally:
            for recorder in self._recorders.values():
                recorder.end()

    def _begin_film(self, place: str, film: Film) -> None:
        self._recorders[place] = FilmRecorder(lambda: self._job.films)
        if self._job.films is not None:
            with suppress(OSError):  # another program has it open: then the film cannot be kept, which is told
                part = self._job.films / (film.run + PART_SUFFIX)  # of an engine that is gone
                part.unlink(missing_ok=True)

    def _recorder_of(self, place: str) -> FilmRecorder:
        return self._recorders.setdefault(place, FilmRecorder(lambda: self._job.films))

    def _where(self, place: str) -> str:
        computer = self._places[place].computer
        return tr("{engine} on {computer}", engine=place, computer=computer) if computer else place

    def _show(self, place: str, number: int, step: int, film: Film) -> None:
        """Shows a line for each picture in progress, with the name of its engine."""
        self._running[place] = tr(
            "{place}: picture {number} of {count}, step {step} of {steps}",
            place=self._where(place),
            number=number + 1,
            count=self._count,
            step=step - film.skipped_steps,
            steps=film.request.all_steps - film.skipped_steps,
        )
        rate = self._done * 60 / (time.monotonic() - self._began or 1.0)
        words = tr(
            "{done} of {count} pictures, {rate:.1f} a minute", done=self._done, count=self._count, rate=rate
        )
        running = [self._running[name] for name in self._places if name in self._running]
        self._progress.show_rows((*running, words))

    def _check(self, recipe: Recipe, where: str) -> None:
        """Raises ClusterUnusable for a picture that was made with another file than those before, by its hash."""
        for key, found in _files_of(recipe):
            expected, elsewhere = self._files.setdefault(key, (found, where))
            if found != expected:
                told = tr(
                    "{name} is another file in {place} than in {other}; both need the same",
                    name=key[1],
                    place=where,
                    other=elsewhere,
                )
                raise ClusterUnusable(told)


def _introduce(cluster: Cluster, progress: Progress) -> None:
    """Tells what the cluster is, what its nodes need, and who can use it."""
    engines = sum(node.engines for node in cluster.nodes)
    size = plural("1 engine", "{count} engines", engines)
    names = ", ".join(f"{node.name} ({node.engines})" for node in cluster.nodes)
    each = tr("a GPU each") if cluster.has_gpus else plural("1 core each", "{count} cores each", cluster.cores)
    progress.note(
        tr(
            "cluster {address}: {size}, {each}, on {names}",
            address=cluster.address,
            size=size,
            each=each,
            names=names,
        )
    )
    progress.note(
        tr(
            "its nodes need {versions}, Emulsion {emulsion}, and the same models as here; clusters of several "
            "computers are for Linux",
            versions=cluster.versions,
            emulsion=VERSION,
        )
    )
    if not cluster.has_tokens:
        progress.note(
            tr(
                "nobody needs a token here: whoever reaches this cluster can run any program on its nodes; "
                "RAY_AUTH_MODE=token changes that, see README"
            )
        )


def _singles(operations: Sequence[Operation[Any]], values_of: ValuesOf) -> Iterator[Generate]:
    """Yields an operation for each picture, with its seed, its own prompt and the name of its run."""
    for operation in operations:
        match operation:
            case MakeGrid(grid, place, numbers, _, previews, attention):
                there = made(grid, place)  # another process may have had the lock before
                for number in numbers:
                    if number not in there:
                        request = drawn(grid.request_of(number), values_of)
                        yield Generate(request, previews, attention, grid.run_of(number), grid.id)
            case Generate():
                count, first = operation.request.count, seeded(operation.request)
                batch = operation.batch or (secrets.token_hex(16) if count > 1 else "")
                for index in range(count):
                    request = replace(drawn(numbered(first, index), values_of), count=1)
                    yield replace(operation, request=request, run=secrets.token_hex(16), batch=batch)
            case _:
                raise TypeError(type(operation).__name__)


def _files_of(recipe: Recipe) -> Iterator[tuple[tuple[str, str], str]]:
    """Yields the kind, the name and the hash of each file of weights that made a picture."""
    request, model = recipe.request, recipe.model
    yield ("model", model.key), model.hash
    for part, told in model.parts.items():
        yield (part, model.key), told
    for lora in request.loras:
        yield ("lora", lora.name), lora.hash
    for embedding in request.embeddings:
        yield ("embedding", embedding.name), embedding.hash
    for control in request.controls:
        yield ("control", control.name), control.network
    for kind, one in (("autoencoder", request.autoencoder), ("upscaler", request.upscaler)):
        if one is not None:
            yield (kind, one.name), one.sha256


class _Log(io.TextIOBase):
    """Takes what Ray prints beside the results, which would be taken for one of them."""

    def __init__(self, encoding: str | None) -> None:
        self._encoding = encoding

    @property
    def encoding(self) -> str | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._encoding

    def write(self, text: str) -> int:
        if text.strip():
            log.info("%s", text.rstrip())
        return len(text)
