"""The page on which pictures are made."""
