"""DPM-Solver-2 and its ancestral form, equal to diffusers' bit for bit, but set up in a fraction of the time.

The constructors of diffusers' classes look up a timestep for each of the 1000 training steps, for 0.1 s, which the
number of steps of a run then replaces.
"""

from typing import Any

from diffusers.schedulers import scheduling_k_dpm_2_ancestral_discrete, scheduling_k_dpm_2_discrete


class _SetUpOnce:
    def set_timesteps(
        self, num_inference_steps: Any, device: Any = None, num_train_timesteps: int | None = None
    ) -> None:
        """``num_train_timesteps`` comes from the constructor alone, whose timesteps nobody reads: two will do."""
        steps = num_inference_steps if num_train_timesteps is None else 2
        super().set_timesteps(steps, device)  # pyright: ignore[reportAttributeAccessIssue]


class KDPM2DiscreteScheduler(_SetUpOnce, scheduling_k_dpm_2_discrete.KDPM2DiscreteScheduler):
    """Has the name of diffusers' class, which films keep."""


class KDPM2AncestralDiscreteScheduler(
    _SetUpOnce, scheduling_k_dpm_2_ancestral_discrete.KDPM2AncestralDiscreteScheduler
):
    """Has the name of diffusers' class, which films keep."""
