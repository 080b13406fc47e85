"""The page *Grid*: pictures over all combinations of up to three settings, in a table that fills itself."""
