"""The preferences: one file for each page, and the dialog around them."""
