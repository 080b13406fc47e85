"""Widgets, colours and icons that all pages use."""
