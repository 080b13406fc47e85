"""Fetches models from a hub: only the needed files, whole and unchanged, across any interruption."""
