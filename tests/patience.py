"""The longest time that tests wait: a machine may be ten times slower than ours, or busy with other things."""

LONGEST_S = 120.0
LONGEST_MS = 120_000
"""Only a test that fails waits so long."""
