"""The film of a picture: strip, scrubber, and many ways to look at each step."""
