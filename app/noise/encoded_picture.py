"""A picture with its round trip through the autoencoder, and the loss of that."""

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
    """Made in the worker's thread, since measuring a large picture takes a while.

    Attributes:
        request: the request of the round trip; its source is the picture's file.
        psnr: of the round trip, in dB.
        error_map: the colours' change by the round trip, dark to bright.
        error_scale: the change at the brightest colour of the map; 1 is from black to white.
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
        """Returns the timestep with the most noise."""
        return len(self.trip.alphas_cumprod) - 1


def take(engine: Engine, request: GenerationRequest) -> EncodedPicture:
    """Encodes the request's source. Raises the errors of `core.engine.engine.Engine.round_trip`."""
    trip = engine.round_trip(request)
    difference = Difference.between(trip.picture, trip.decoded)
    scale = difference.fitting_scale
    return EncodedPicture(request, trip, trip.psnr, heat(difference.distances / scale), scale)
