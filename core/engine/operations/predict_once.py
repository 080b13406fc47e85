"""Shows a noisy latent to the network once."""

from collections.abc import Iterator

import torch

from core.engine.context import Context
from core.engine.inpainting import INPUTS, seen_by_network
from core.engine.sampling import guidance
from core.engine.sampling.denoising import Timestep
from core.engine.sampling.prediction import denoised
from core.engine.sampling.schedulers import prediction_type_of
from core.engine.sampling.tensors import to_numpy, to_torch
from core.errors import NotANumberPicture
from core.language.words import tr
from core.measures.noise_levels import scale_of
from core.runs.events import Event, Finished
from core.runs.operations import PredictOnce
from core.runs.round_trip import OneStep

TRAIN_TIMESTEPS = 1000


def run(context: Context, operation: PredictOnce) -> Iterator[Event]:
    model = yield from context.prepare(operation.request)
    request, t, sigma = model.request, operation.t, operation.trip.sigma(operation.t)
    x = to_torch(operation.noisy, context.plan.device)
    config = model.with_autoencoder(lambda: model.family.scheduler_config_for(request))
    kind = prediction_type_of(config)
    time, x_in = t, x
    if kind == "flow_prediction":  # its time is the part of noise on the straight line, and ends in 1000, not 999
        time, x_in = t + 1, x * scale_of("flow", sigma)
    calls = yield from context.read_prompt(model, request)
    predict = calls.at(int((1 - t / TRAIN_TIMESTEPS) * len(calls.timeline.order)))
    seen = model.with_autoencoder(lambda: seen_by_network(model.family, None, request, None, x.device))
    if INPUTS in seen:
        x_in = torch.cat([x_in, to_torch(seen[INPUTS], x.device)], 1)
    timestep = Timestep.on(x.device, torch.tensor(time))
    guided = guidance.combine(model.guarded(predict)(x_in, timestep), request.guidance_scale)
    x0 = denoised(x_in[:, : x.shape[1]], guided, sigma, kind)
    if not x0.isfinite().all():
        raise NotANumberPicture(tr("the network"))
    yield Finished(OneStep(t, model.decode(x)[0], model.decode(x0)[0], to_numpy(x0)))
