"""Files of words: wildcards, of which ``__colour__`` stands for a line of ``colour.txt``, and lists of tags."""
