"""The views of a step in the order of the menu: one file and one line each."""

from collections.abc import Mapping
from types import MappingProxyType

from app.film.film_view import ViewKind
from app.film.views import (
    control,
    denoised,
    guidance,
    latent_channels,
    noisy,
    predicted_noise,
    schedule,
    settling,
    spectrum,
    words,
)

VIEWS: Mapping[str, ViewKind] = MappingProxyType(
    {
        "denoised": denoised.KIND,
        "noisy": noisy.KIND,
        "predicted_noise": predicted_noise.KIND,
        "guidance": guidance.KIND,
        "latent_channels": latent_channels.KIND,
        "schedule": schedule.KIND,
        "settling": settling.KIND,
        "spectrum": spectrum.KIND,
        "words": words.KIND,
        "control": control.KIND,
    }
)
