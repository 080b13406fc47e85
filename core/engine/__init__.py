"""The engine. Together with `core.training` it holds all that needs torch."""
