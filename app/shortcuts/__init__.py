"""Keyboard shortcuts: the keys of each command, and their change by the user."""
