"""Loaded models, with their LoRAs and autoencoders."""
