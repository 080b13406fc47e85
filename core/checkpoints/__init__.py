"""Checkpoint files: their headers, kinds and hashes."""
