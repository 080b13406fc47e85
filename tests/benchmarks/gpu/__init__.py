"""Measures whether a device computes rightly, and how fast, in the minutes for which one is lent."""
