"""The denoising loop and the mathematics of its steps."""
