"""All numbers of a training run in one frozen record, and the three runs: starter, large and tiny."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal


@dataclass(frozen=True, slots=True)
class AutoencoderSettings:
    """Size and training of the autoencoder.

    Attributes:
        channels: widths from the full size down; each further one halves the picture.
        crop_px: side of the crops that most of the training sees.
        whole_share: last share of the samples that is trained on whole pictures.
        batch: pictures in each process and step.
        recolour: share of the steps that permute or invert the colour channels, so that no hue is favoured.
        regulariser: "kl" (Kullback-Leibler, what ships) or "vq" (vector quantisation).
        codes: entries of the codebook, of `code_width` numbers each, with vector quantisation.
    """

    name: ClassVar = "autoencoder"
    latent_channels: int = 12
    channels: tuple[int, ...] = (16, 32, 64, 96)
    groups: int = 8
    crop_px: int = 64
    whole_share: float = 0.1
    batch: int = 8
    samples: int = 130_000
    learning_rate: float = 1.6e-3
    ema_decay: float = 0.998
    weight_decay: float = 1e-4
    kl_weight: float = 2e-4
    recolour: float = 0.2
    regulariser: Literal["kl", "vq"] = "kl"
    codes: int = 4096
    code_width: int = 4


@dataclass(frozen=True, slots=True)
class DiffusionSettings:
    """Size and training of text encoder and U-Net.

    Attributes:
        channels: widths from the latents' size down; each further one halves them.
        has_attention: for each width, whether its blocks attend to the words.
        batch: latents in each process and step.
        dropout: share of the captions that are left empty, for classifier-free guidance.
    """

    name: ClassVar = "diffusion"
    channels: tuple[int, ...] = (96, 128, 128)
    has_attention: tuple[bool, ...] = (False, True, False)
    groups: int = 16
    head_width: int = 32
    text_width: int = 128
    text_layers: int = 3
    text_heads: int = 4
    text_length: int = 48
    batch: int = 12
    samples: int = 400_000
    learning_rate: float = 8e-4
    ema_decay: float = 0.998
    weight_decay: float = 1e-2
    dropout: float = 0.1


@dataclass(frozen=True, slots=True)
class DecoderSettings:
    """The decoder's second training, on latents as the U-Net gives them."""

    name: ClassVar = "decoder"
    batch: int = 6
    samples: int = 12_000
    learning_rate: float = 6e-4
    ema_decay: float = 0.99
    weight_decay: float = 1e-4


@dataclass(frozen=True, slots=True)
class UpscalerSettings:
    """Size and training of the upscaler.

    Attributes:
        width, depth: channels, and convolutions between the first and the last one.
        pictures: pairs to train on; `measured` others are drawn to measure with.
        crop_px: side of the crops of small pictures.
    """

    name: ClassVar = "upscaler"
    width: int = 64
    depth: int = 8
    pictures: int = 2000
    measured: int = 16
    crop_px: int = 32
    batch: int = 8
    samples: int = 48_000
    learning_rate: float = 1e-3
    ema_decay: float = 0.998
    weight_decay: float = 1e-5


Phase = AutoencoderSettings | DiffusionSettings | DecoderSettings | UpscalerSettings


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """Training and check of the judge: postcards to train on, unseen ones to measure its accuracy on, and
    scenes to search for drawn pictures that fit a prompt.
    """

    pictures: int = 12_000
    epochs: int = 5
    unseen: int = 1000
    scenes: int = 40_000


@dataclass(frozen=True, slots=True)
class Settings:
    """The numbers of one whole run: `pictures` are drawn to train on, `unseen` to measure the autoencoder with."""

    size_px: int = 128
    pictures: int = 30_000
    unseen: int = 500
    vocabulary: int = 1024
    seed: int = 20
    checkpoint_seconds: float = 120.0
    autoencoder: AutoencoderSettings = field(default_factory=AutoencoderSettings)
    diffusion: DiffusionSettings = field(default_factory=DiffusionSettings)
    decoder: DecoderSettings = field(default_factory=DecoderSettings)
    upscaler: UpscalerSettings = field(default_factory=UpscalerSettings)
    judge: JudgeSettings = field(default_factory=JudgeSettings)


@dataclass(frozen=True, slots=True)
class Run:
    """One call of a training: its numbers, the folder of all that it reads and writes, and its limits.

    Attributes:
        seconds: stop after so many seconds of this call; None trains to the end.
        grid_seconds: pause between two grids of the diffusion's sample pictures; None draws none.
        workers: processes that make batches ahead for each training process.
    """

    settings: Settings
    folder: Path
    seconds: float | None = None
    grid_seconds: float | None = 300.0
    workers: int = 0


STARTER = Settings()
# For a GPU: the same networks on pictures twice as wide, many more samples in large batches.
LARGE = Settings(
    size_px=256,
    pictures=60_000,
    autoencoder=AutoencoderSettings(crop_px=128, batch=64, samples=1_000_000),
    diffusion=DiffusionSettings(batch=384, samples=4_000_000, ema_decay=0.9995),
    decoder=DecoderSettings(batch=64, samples=200_000),
)
TINY = Settings(
    size_px=32,
    pictures=24,
    unseen=20,
    vocabulary=600,
    checkpoint_seconds=0.0,
    autoencoder=AutoencoderSettings(latent_channels=4, channels=(8, 8), crop_px=16, batch=4, samples=32),
    diffusion=DiffusionSettings(
        channels=(16, 16),
        has_attention=(True, False),
        groups=8,
        head_width=8,
        text_width=16,
        text_layers=1,
        text_heads=2,
        batch=4,
        samples=32,
    ),
    decoder=DecoderSettings(batch=2, samples=8),
    upscaler=UpscalerSettings(width=8, depth=1, pictures=6, measured=2, crop_px=8, batch=2, samples=8),
    judge=JudgeSettings(pictures=24, epochs=1, unseen=10, scenes=300),
)
SIZES: dict[str, Settings] = {"starter": STARTER, "large": LARGE, "tiny": TINY}
