"""The parts of picture and noise in the latents of a run between its steps, as its scheduler counts them."""

import torch

from core.engine.sampling.schedulers import SamplerRun


def levels(sampling: SamplerRun, call: int) -> tuple[float, float]:
    """Returns the factors of picture and noise in the latents before a call, once the call before it is done.

    They are the float32 numbers by which the scheduler's own ``add_noise`` multiplies; (1, 0) after the last call.
    """
    if call == sampling.schedule.calls:
        return 1.0, 0.0
    scheduler = sampling.scheduler
    if sampling.space == "flow":
        s = scheduler.sigmas[scheduler.begin_index + call].float()
        return float(1.0 - s), float(s)
    if hasattr(scheduler, "sigmas_interpol"):  # DPM2: its own would take the end of a step for its middle
        return 1.0, float(sampling.schedule.sigmas[call])
    picture, noise = torch.eye(2).view(2, 2, 1, 1, 1)
    signal, level = scheduler.add_noise(picture, noise, sampling.timesteps[call : call + 1]).flatten().tolist()
    return signal, level
