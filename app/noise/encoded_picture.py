"""A picture as the page shows it: its way through the autoencoder, and what got lost there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.session.run import Engine
from core.measures.difference import Difference
from core.pictures.colour_maps import heat
from core.pictures.pixels import Pixels
from core.request.request import GenerationRequest
from core.runs.round_trip import RoundTrip


@dataclass(frozen=True, slots=True, eq=False)
class EncodedPicture:
    """Measured in the worker's thread: for a large picture it takes a while.

    Attributes:
        request: with which the picture was taken; its source is the picture's file.
        psnr: of the round trip, in dB.
        error_map: where the round trip changed colours, dark to bright.
        error_scale: what the brightest colour of the map stands for; 1 is from black to white.
    """

    request: GenerationRequest
    trip: RoundTrip
    psnr: float
    error_map: Pixels
    error_scale: float

    @property
    def path(self) -> Path:
        assert self.request.source is not None
        return Path(self.request.source.path)

    @property
    def last_t(self) -> int:
        """The timestep with most noise."""
        return len(self.trip.alphas_cumprod) - 1


def take(engine: Engine, request: GenerationRequest) -> EncodedPicture:
    """Raises what `core.engine.engine.Engine.round_trip` raises."""
    trip = engine.round_trip(request)
    difference = Difference.between(trip.picture, trip.decoded)
    scale = difference.fitting_scale
    return EncodedPicture(request, trip, trip.psnr, heat(difference.distances / scale), scale)
