"""The request for a picture: its fields, limits, and the table of samplers."""
