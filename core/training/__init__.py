"""Makes the starter model: pictures drawn by code, an autoencoder, and a diffusion model in its latents.

The program runs without this package; `python -m core.training all` makes the whole model again.
"""
