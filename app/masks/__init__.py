"""Painting a mask over a picture: its pixels, the tools, and the view."""
