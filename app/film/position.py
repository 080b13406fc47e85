"""The position in a film, in words and as a place on an axis of steps."""

import math

import numpy as np
from numpy.typing import NDArray

from core.film.film import Film, Schedule
from core.language.words import number_text, tr
from core.measures.noise_levels import log_snr, picture_share


def positions(schedule: Schedule) -> NDArray[np.float64]:
    """Returns (calls,): the step of each call, from 1; the second of two calls of step 3 lies at 3.5."""
    steps = np.array(schedule.steps)
    first_calls = np.searchsorted(steps, steps)
    counts = np.bincount(steps)[steps]
    return steps + 1 + (np.arange(len(steps)) - first_calls) / counts


def calls_in_step(schedule: Schedule, call: int) -> tuple[int, int]:
    """Returns (which, of how many): the place of a call among the calls of its step, from 1."""
    step = schedule.steps[call]
    first = schedule.steps.index(step)
    return call - first + 1, schedule.steps.count(step)


def pass_text(film: Film, call: int) -> str:
    """Returns ``pass 2`` for the calls of a second pass, "" for all others."""
    return tr("pass 2") if film.first_call_at(call) else ""


def position_text(film: Film, call: int) -> str:
    """Returns ``step 12 of 30 · 20 % picture, 80 % noise``; names the call if steps have more than one.

    In a second pass it names that, too.
    """
    schedule = film.schedule
    which, of = calls_in_step(schedule, call)
    place = tr("step {step} of {steps}", step=schedule.steps[call] + 1, steps=film.request.all_steps)
    if schedule.calls > len(set(schedule.steps)):
        place += tr(", call {which} of {of}", which=which, of=of)
    return " · ".join(filter(None, (place, pass_text(film, call), _state(film, call))))


def short_position_text(film: Film, call: int) -> str:
    """Returns ``12/30 · 20 % picture, 80 % noise``, for narrow places."""
    return f"{film.schedule.steps[call] + 1}/{film.request.all_steps} · {_state(film, call)}"


def longest_position_text() -> str:
    """Returns the position at which the text is about as long as it gets with two digits of steps."""
    return tr("step {step} of {steps}", step=88, steps=88) + f" · {mixture(1.0)}"


def _state(film: Film, call: int) -> str:
    """The last step also begins with noise, but what is seen there is the result, which has none."""
    is_last = call + 1 == film.schedule.calls
    return tr("finished picture") if is_last else mixture(float(film.schedule.sigmas[call]))


def mixture(sigma: float) -> str:
    """Returns ``20 % picture, 80 % noise``: the parts of x_t by amplitude."""
    picture = round(100 * picture_share(sigma))
    return tr("{picture} % picture, {noise} % noise", picture=picture, noise=100 - picture)


def explanation(schedule: Schedule, call: int) -> str:
    """Returns a sentence on the noise level of a call, and its symbols, each explained, one a line."""
    sigma = float(schedule.sigmas[call])
    snr = float(log_snr(np.array([sigma]))[0])
    return tr(
        "The step begins with {mixture}; you see what the network makes of it.\n"
        "σ {sigma} (noise divided by picture)\n"
        "log-SNR {snr} (logarithm of picture² to noise²)\n"
        "t {t} (timestep of the training)",
        mixture=mixture(sigma),
        sigma=number(sigma),
        snr=number(snr),
        t=number(float(schedule.timesteps[call])),
    )


def number(value: float) -> str:
    """Formats a number for reading: about three figures, the language's mark of decimals, a real minus, ∞."""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    plain = f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"
    if float(plain) == 0 or "e" in plain:
        return plain if float(plain) else "0"
    return number_text(float(plain), len(plain.partition(".")[2])).replace("-", "−")
