"""The table of all values that cross the wire, and of all errors. A value of another type is not sent, nor made.

A new operation, event or part of one is a line here; the tests name what is missing.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import Any, get_type_hints

from core import errors
from core.errors import WireBroken
from core.families.spec import Capabilities, CheckpointKind, UNetBlocks
from core.film.attention_maps import AttentionMaps, AttentionRecord
from core.film.film import Film, Frame, Schedule, SecondPass
from core.film.latent_rgb import LatentRgb
from core.film_export.pictures import CaptionedPicture, ExportFrame
from core.grid.grid import Axis, Grid
from core.grid.operation import MakeGrid
from core.language.words import tr
from core.lora.usage import LoraUsage
from core.models.acceleration import Acceleration
from core.models.elsewhere import AskedPlaces
from core.models.folders import FixedPlaces
from core.models.memory_plan import DeviceMemory, MemoryInUse, MemoryPlan, Placement
from core.models.model import Model
from core.models.parts import Parts
from core.pictures.mask import Box
from core.pictures.masked_picture import MaskedPicture
from core.pictures.picture import GeneratedImage
from core.prompt.word import Word
from core.recipes.recipe import ModelIdentity, Origin, Parent, Recipe
from core.recipes.refinement import Refinement
from core.remote import messages
from core.remote.away import ClusterUnusable
from core.request import request
from core.request.control import Control, MapEdits
from core.request.hires import Hires
from core.request.mask import Margins
from core.request.traits import Trait
from core.runs import events, operations
from core.runs.branch import Branch
from core.runs.enlargement import Enlarge, EnlargeFiles
from core.runs.refining import Refining
from core.runs.round_trip import EncodedPicture, OneStep, RoundTrip

KEPT: tuple[type, ...] = (
    *(Film, Frame, Schedule, SecondPass, LatentRgb, AttentionMaps, MaskedPicture, ModelIdentity, Parent),
    *(request.GenerationRequest, FixedPlaces, AskedPlaces, Grid, dict),
)
"""Values that are sent once and then named by a number: a film grows by one frame from event to event."""

VALUES: tuple[type, ...] = (
    *(messages.Hello, messages.MakeEngine, messages.Ready, messages.Run, messages.Next, messages.Close),
    *(messages.Told, messages.Ended, messages.Failed, messages.Put, messages.Has, messages.ClusterFound),
    *(messages.OfferModel, messages.ModelFile, messages.PutModel, messages.Lacks),
    # operations
    *(operations.Generate, operations.GenerateBranch, operations.Resume, operations.BranchPoint),
    *(operations.Decode, operations.RenderFrame, operations.OpenFilm, operations.RecordAttention),
    *(operations.PreviewFilm, operations.EncodePicture, operations.PredictOnce, operations.CompareSchedules),
    *(operations.ReportMemory, ExportFrame, MakeGrid, Enlarge, EnlargeFiles, Branch, Grid, Axis),
    # events
    *(events.Loading, events.LoraDiffers, events.LoraInPart, events.EmbeddingMisfit, events.EmbeddingPickled),
    *(events.EmbeddingDiffers, events.UpscalerDiffers, events.WeightsLeftOut, events.PartsAway),
    *(
        events.AutoencoderLent,
        events.MaskMissing,
        events.SecondPassLeftOut,
        events.FirstFrameTaken,
        events.ControlLeftOut,
        events.ComputedElsewhere,
        events.LineLost,
        events.Placed,
        events.Started,
        events.Preview,
    ),
    *(events.LinearPreview, events.Stepped, events.ImageReady, events.Advanced, events.Finished),
    # results
    *(operations.OpenedFilm, CaptionedPicture, GeneratedImage, EncodedPicture, RoundTrip, OneStep),
    *(MemoryInUse, MemoryPlan, DeviceMemory),
    # their parts
    *(
        Film,
        Frame,
        Schedule,
        SecondPass,
        LatentRgb,
        MaskedPicture,
        Box,
        AttentionRecord,
        AttentionMaps,
        Word,
        LoraUsage,
    ),
    *(Recipe, ModelIdentity, Parent, Origin, FixedPlaces, AskedPlaces),
    *(Model, Parts, Trait, Capabilities, CheckpointKind, UNetBlocks, request.Limits),
    *(request.GenerationRequest, request.Size, request.Source, request.Mask, request.Reference, request.Lora),
    *(request.Autoencoder, request.Embedding, request.Upscaler, request.Variation, Margins),
    *(Control, Hires, MapEdits, Refinement, Refining),
)
ENUMS: tuple[type[Enum], ...] = (events.Phase, events.PreviewMode, Placement, Acceleration)

OTHER_ERRORS = (ClusterUnusable, MemoryError, ImportError)
TYPES: Mapping[str, type] = MappingProxyType({kind.__name__: kind for kind in (*VALUES, *ENUMS)})
ERRORS: Mapping[str, type[Exception]] = MappingProxyType(
    {
        name: kind
        for name, kind in {**vars(errors), **{kind.__name__: kind for kind in OTHER_ERRORS}}.items()
        if isinstance(kind, type) and issubclass(kind, Exception)
    }
)
"""All expected failures, and those of Python that have a sentence of their own."""


@cache
def hints_of(kind: type) -> Mapping[str, Any]:
    """Returns the annotations of a value's fields, or of the arguments that an error is made with."""
    if not issubclass(kind, Exception):
        hints = get_type_hints(kind)
        return {field.name: hints[field.name] for field in fields(kind)}  # pyright: ignore[reportArgumentType]
    if not inspect.isfunction(kind.__init__):  # without data of its own
        return {"args": tuple[str, ...]}
    hints = get_type_hints(kind.__init__)
    names = inspect.signature(kind).parameters
    return {name: hints[name] for name in names if name in hints}


def _told(kind: type) -> str:
    if issubclass(kind, Enum):
        return f"{kind.__name__}: {', '.join(one.name for one in kind)}"
    return f"{kind.__name__}: {dict(hints_of(kind))}"


@cache
def fingerprint() -> str:
    """Returns a hash of all fields of the table: two programs that have the same understand each other."""
    told = "\n".join(_told(kind) for kind in (*TYPES.values(), *ERRORS.values()))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def check_greeting(value: object) -> None:
    """Raises WireBroken unless a value is the `Hello` of a program with the same table."""
    if not isinstance(value, messages.Hello):
        raise WireBroken(tr("it does not begin as messages of Emulsion do"))
    if value != (own := messages.Hello(fingerprint())):
        told = {"program": f"{value.program:.40} ({value.table:.16})", "own": f"{own.program} ({own.table})"}
        raise WireBroken(tr("it is {program}, and this is {own}: both must be the same", **told))
