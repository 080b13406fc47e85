"""Autoencoder files, and the latents that they are for."""
