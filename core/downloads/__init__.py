"""Fetching models from a hub: what is needed of a repository, whole and unchanged, across any interruption."""
