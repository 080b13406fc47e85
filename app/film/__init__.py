"""The film of a picture: strip, scrubber, and views of each step."""
