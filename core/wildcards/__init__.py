"""Files of words that a prompt draws from: ``__colour__`` stands for a line of ``colour.txt``."""
