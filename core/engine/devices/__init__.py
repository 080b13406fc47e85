"""Devices, their memory, and placing models on them."""
