"""How the starter model was made: pictures drawn by code, an autoencoder, and a diffusion model in its latents.

Nothing here is needed to run the program; `python -m core.training --help` makes the whole model again.
"""
