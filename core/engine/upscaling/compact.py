"""The network that Real-ESRGAN calls "Compact" (SRVGGNetCompact, of its later models; Wang et al. 2021).

All convolutions work at the small size; the last one gives ``scale ** 2`` colours for each place, which are laid
out side by side (Shi et al. 2016, sub-pixel convolution) and added to the enlarged input. Names and order of the
weights are those of the files that people have: ``body.0.weight``, ``body.1.weight`` (PReLU), ...
"""

import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor, nn


class Compact(nn.Module):
    """Enlarges pictures by ``scale``: float (batch, 3, height, width) in [0, 1], not clipped."""

    def __init__(self, width: int = 64, depth: int = 16, scale: int = 4, channels: int = 3) -> None:
        super().__init__()
        self.scale = scale
        layers: list[nn.Module] = [nn.Conv2d(channels, width, 3, padding=1), nn.PReLU(width)]
        for _ in range(depth):
            layers += [nn.Conv2d(width, width, 3, padding=1), nn.PReLU(width)]
        layers.append(nn.Conv2d(width, channels * scale**2, 3, padding=1))
        self.body = nn.ModuleList(layers)

    def forward(self, pictures: Tensor) -> Tensor:
        """Returns the pictures at ``scale`` times their size."""
        made = pictures
        for layer in self.body:
            made = layer(made)
        enlarged = F.interpolate(pictures, scale_factor=self.scale, mode="nearest")
        return F.pixel_shuffle(made, self.scale) + enlarged
