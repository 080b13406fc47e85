"""The classes of autoencoders in diffusers that models have."""

KL = "AutoencoderKL"
FLUX_2 = "AutoencoderKLFlux2"
QWEN = "AutoencoderKLQwenImage"
