"""Times the list of 5,000 files of weights, at the first start and at later ones.

    python -m tests.benchmarks.many_files [FOLDER]

Most are LoRAs, as in people's folders; headers are of real shapes, weights are holes in sparse files.
"""

import sys
import tempfile
import time
from pathlib import Path

from core.checkpoints.cache import CheckpointCache
from core.models.catalogue import Catalogue
from core.models.folders import FixedPlaces
from tests.core.models.known_files import FILES
from tests.core.models.made_files import safetensors

COUNT = 5_000
SHARES = (
    ("loras", "ink-lora", 0.84),
    ("checkpoints", "sd_xl_base", 0.08),
    ("diffusion_models", "z_image_turbo", 0.02),
    ("diffusion_models", "flux1-dev", 0.02),
    ("text_encoders", "qwen_3_4b", 0.02),
    ("vae", "ae", 0.02),
)


def main(folder: Path) -> None:
    for place, kind, share in SHARES:
        for number in range(round(COUNT * share)):
            path = folder / "models" / place / f"{number % 40}" / f"{kind}-{number}.safetensors"
            if not path.exists():
                safetensors(path, FILES[kind][0])
    for start in ("first", "second", "third"):
        wall, processor = time.perf_counter(), time.process_time()
        catalogue = Catalogue(
            lambda: FixedPlaces((folder / "models",)), CheckpointCache(folder / "checkpoints.json")
        )
        found = catalogue.find_all()
        taken = time.perf_counter() - wall, time.process_time() - processor
        print(f"{start}: {taken[0]:.2f} s, {taken[1]:.2f} s of the processor, {len(found.models)} models")
        wall, processor = time.perf_counter(), time.process_time()
        loras = catalogue.loras.look()
        taken = time.perf_counter() - wall, time.process_time() - processor
        print(f"{start}: {taken[0]:.2f} s, {taken[1]:.2f} s of the processor, {len(loras)} LoRAs")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(Path(temporary))
