"""The events of a run, its recorder, and the branches between runs."""
