"""Weights from files to networks."""
