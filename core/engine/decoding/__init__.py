"""Latents to pictures and previews."""
