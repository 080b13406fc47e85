"""The autoencoders of models of pictures, with the names of their makers or those of diffusers.

Those of FLUX.1 and Stable Diffusion 3 have the same tensors; only their names tell them apart.
"""

from core.file_kinds.kind import FileKind, FoundKind, Measure, Names, first_found
from core.language.words import tr

_CHANNELS = Measure(("decoder.conv_in.weight", "decoder.conv1.weight"), dimension=1)

AUTOENCODERS: tuple[FileKind, ...] = (
    FileKind(
        "autoencoder",
        "flux2_vae",
        tr("the autoencoder of FLUX.2"),
        (("decoder.conv_in.weight", "bn.running_mean"),),
        width=_CHANNELS,
        rank=4,
    ),
    FileKind(
        "autoencoder",
        "qwen_image_21_vae",
        tr("the autoencoder of Qwen-Image 2.1"),
        (("decoder.conv_in.weight", "encoder.down_blocks.0.resnets.0.norm1.gamma"),),
        width=_CHANNELS,
        rank=4,
    ),
    FileKind(
        "autoencoder",
        "dc",
        tr("the autoencoder of Sana (DC-AE)"),
        (
            ("decoder.conv_in.weight", "decoder.up_blocks.0.0.conv.weight"),
            ("decoder.project_in.main.conv.weight",),
        ),
        width=Measure(("decoder.conv_in.weight", "decoder.project_in.main.conv.weight"), dimension=1),
    ),
    FileKind("autoencoder", "kl", tr("an autoencoder"), (("decoder.conv_in.weight",),), width=_CHANNELS, rank=4),
    FileKind(
        "autoencoder",
        "qwen_image_vae",
        tr("the autoencoder of Qwen-Image"),
        (("decoder.conv1.weight", "encoder.downsamples.0.residual.2.weight"), ("decoder.conv_in.weight",)),
        width=_CHANNELS,
        rank=5,
    ),
)

STARTS = ("", "first_stage_model.", "vae.")


def autoencoder_in(names: Names) -> FoundKind | None:
    """Returns the autoencoder of a file, alone or in a whole checkpoint."""
    return first_found(AUTOENCODERS, names, STARTS)
