"""The sampler LMS, equal to diffusers' bit for bit, but without scipy: 70 MB and most of a second at every start.

scipy serves diffusers for one integral of a cubic polynomial, which 21 fixed points give as well.
"""

from typing import Any

import numpy as np
import torch
from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler
from numpy.typing import NDArray

ORDER = 4

# Gauss-Kronrod, 21 points: QUADPACK's routine QK21 (Piessens et al. 1983). Nodes of [0, 1), outermost first, those
# of the 10-point Gauss rule at the odd places; the centre comes last.
NODES = (
    0.995657163025808080735527280689003,
    0.973906528517171720077964012084452,
    0.930157491355708226001207180059508,
    0.865063366688984510732096688423493,
    0.780817726586416897063717578345042,
    0.679409568299024406234327365114874,
    0.562757134668604683339000099272694,
    0.433395394129247190799265943165784,
    0.294392862701460198131126603103866,
    0.148874338981631210884826001129720,
    0.0,
)
WEIGHTS = (
    0.011694638867371874278064396062192,
    0.032558162307964727478818972459390,
    0.054755896574351996031381300244580,
    0.075039674810919952767043140916190,
    0.093125454583697605535065465083366,
    0.109387158802297641899210590325805,
    0.123491976262065851077958109585166,
    0.134709217311473325928054001771707,
    0.142775938577060080797094273138717,
    0.147739104901338491374841515972068,
    0.149445554002916905664936468389821,
)


class LMSDiscreteScheduler(EulerDiscreteScheduler):
    """Linear multistep of order four: Adams-Bashforth on uneven steps (k-diffusion's ``sample_lms``).

    Noise levels, timesteps and scales are those of Euler. It has the name of diffusers' class, which films keep.
    """

    def set_timesteps(self, *arguments: Any, **options: Any) -> None:
        super().set_timesteps(*arguments, **options)
        self.derivatives: list[torch.Tensor] = []
        self.coefficients = coefficients(self.sigmas)

    def step(  # pyright: ignore[reportIncompatibleMethodOverride]  # it draws no noise: Euler's churn has no place
        self, model_output: torch.Tensor, timestep: Any, sample: torch.Tensor, return_dict: bool = False
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns the latents of the next step, and the predicted x0, each in the shape of ``sample``."""
        del return_dict
        if not self.derivatives:
            self._init_step_index(timestep)
        step = self.step_index
        sigma = self.sigmas[step]
        x0 = self._x0(model_output, sample, sigma)
        self.derivatives = [(sample - x0) / sigma, *self.derivatives][:ORDER]
        weighted = zip(self.coefficients[step].tolist(), self.derivatives, strict=False)
        x: torch.Tensor = sample + sum(weight * derivative for weight, derivative in weighted)
        self._step_index = step + 1
        return x, x0

    def _x0(self, prediction: torch.Tensor, x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        match self.config["prediction_type"]:
            case "epsilon":
                return x - sigma * prediction
            case "v_prediction":
                return prediction * (-sigma / (sigma**2 + 1) ** 0.5) + x / (sigma**2 + 1)
            case _:
                return prediction


def coefficients(sigmas: torch.Tensor) -> NDArray[np.float64]:
    """Returns the weights (steps, 4) of the derivatives of 0, 1, 2, 3 steps ago, 0 where there are none yet.

    Each is the Lagrange polynomial of that derivative, integrated over the step.

    Args:
        sigmas: noise levels (steps + 1,), falling; float32, in which the polynomial is computed as diffusers does.
    """
    levels = sigmas.numpy()
    start, end = levels[:-1].astype(np.float64), levels[1:].astype(np.float64)
    centre, half = (0.5 * (end + start))[:, None], (0.5 * (start - end))[:, None]
    offsets = half * np.array(NODES[:-1])
    points = np.concatenate([centre - offsets, centre + offsets, centre], axis=1).astype(np.float32)
    table = np.zeros((len(start), ORDER))
    for order in range(1, ORDER + 1):
        steps = np.arange(order - 1, len(start) if order == ORDER else order)
        steps = steps[steps < len(start)]
        for past in range(order):
            table[steps, past] = -_integral(_lagrange(levels, points, steps, order, past), half[steps, 0])
    return table


def _integral(values: NDArray[np.float64], half: NDArray[np.float64]) -> NDArray[np.float64]:
    """Integrates what has ``values`` (steps, 21) at the points; ``half`` of the interval is (steps,)."""
    below, above, middle = np.split(values, [10, 20], axis=1)
    terms = (np.array(WEIGHTS[:-1]) * (below + above)).T
    # summed in the order of QK21, so that also the last bit is the same
    total = WEIGHTS[-1] * middle[:, 0]
    for term in (*terms[1::2], *terms[0::2]):
        total = total + term
    return total * half


def _lagrange(
    levels: NDArray[np.float32], points: NDArray[np.float32], steps: NDArray[np.int64], order: int, past: int
) -> NDArray[np.float64]:
    own = levels[steps - past, None]
    product = np.ones_like(points[steps])
    for other in (levels[steps - i, None] for i in range(order) if i != past):
        product *= (points[steps] - other) / (own - other)
    return product.astype(np.float64)
