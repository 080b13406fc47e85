"""Upscalers: files of networks that enlarge finished pictures."""
