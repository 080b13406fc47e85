"""Keyboard shortcuts: which command has which keys, and how the user changes them."""
