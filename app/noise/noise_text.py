"""The sentences of the page."""

from core.language.words import tr

NAME = "noise"
"""The explanation's name in the settings."""

EMPTY = (
    tr("What does noise do to a picture?"),
    tr(
        "Open a picture, or drop one here. It is mixed with as much noise as you like, and the network "
        "guesses the picture underneath."
    ),
)

TAKING = (tr("Encoding the picture…"), tr("The first picture takes longer: the model is loaded, too."))

ABOUT = tr(
    "A diffusion model learns by undoing noise. In training, pictures are mixed with noise, a little or a lot, "
    "and the network is asked what lay below. Here you do the same with a picture of your own. Move the slider: "
    "with little noise the network finds your picture again, with much noise it paints what the prompt and its "
    "training suggest. Generating begins at the noisy end and walks back in many small steps."
)

TERMS = (
    (tr("Forward process"), tr("adding noise to a picture. The model removes it: the reverse process.")),
    (tr("Timestep t"), tr("how far the picture has gone: 0 is nearly the picture, the last one noise alone.")),
    (
        "xₜ",
        tr("the mixture at t: √ᾱ times the picture plus √(1−ᾱ) times the noise. Both are latents, not pixels."),
    ),
    (
        tr("ᾱ, alpha-bar"),
        tr("how much of the mixture is still picture, as a part of the variance: from 1 down to 0."),
    ),
    (tr("σ, log-SNR"), tr("the same as a ratio: noise to picture, and the logarithm of picture² to noise².")),
    (
        tr("x₀, one-step prediction"),
        tr(
            "x₀ is the picture without noise; this is what the network believes it is when it sees xₜ once, "
            "with the prompt and the guidance scale."
        ),
    ),
    (
        tr("Latent"),
        tr("the small block of numbers into which the autoencoder presses a picture. The model works on it."),
    ),
    (
        "PSNR",
        tr(
            "how close the picture comes back from the autoencoder. Above 30 dB one hardly sees a "
            "difference, below 20 dB much of it is gone."
        ),
    ),
    (
        tr("Strength"),
        tr(
            "of image to image: which part of the steps is made. 1 begins with noise alone, 0.3 skips the "
            "first 70 % of the steps and so begins with a little noise."
        ),
    ),
)

_LEVELS = (
    (8.0, tr("Little noise: the network finds your picture again, only fine details are guessed.")),
    (0.2, tr("Much noise: large forms and colours still come from your picture, details are made up.")),
    (0.006, tr("Nearly all noise: only the rough layout comes from your picture, the rest from the prompt.")),
    (
        0.0,
        tr(
            "Noise alone: nothing of your picture is left, the network paints what the prompt and its "
            "training say."
        ),
    ),
)
"""The lowest signal-to-noise ratio at which each sentence is true."""


def level(signal_to_noise: float) -> str:
    """Describes what is visible at this noise level."""
    return next(sentence for least, sentence in _LEVELS if signal_to_noise >= least)
