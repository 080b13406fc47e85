"""The film: the recorded predictions of a run, in memory and on disk."""
