"""Model folders with as many weights as large models have, that take no room on the disk: files with holes."""

from __future__ import annotations

import json
import struct
from pathlib import Path

from core.models.model_weights import ModelWeights

SD15 = ModelWeights(123_000_000, 859_500_000, 83_700_000)
SDXL = ModelWeights(818_000_000, 2_567_000_000, 83_700_000)


def sparse_model(folder: Path, weights: ModelWeights) -> Path:
    """A diffusers folder whose headers can be read, and nothing more."""
    parts = {"text_encoder": weights.text_encoders, "unet": weights.network, "vae": weights.autoencoder}
    for name, count in parts.items():
        file_name = "model.safetensors" if name == "text_encoder" else "diffusion_pytorch_model.safetensors"
        path = folder / name / file_name
        path.parent.mkdir(parents=True)
        header = {"weight": {"dtype": "F16", "shape": [count], "data_offsets": [0, 2 * count]}}
        text = json.dumps(header).encode()
        path.write_bytes(struct.pack("<Q", len(text)) + text)
        with path.open("r+b") as file:
            file.truncate(8 + len(text) + 2 * count)
    return folder
