"""Files that reach the disk whole or not at all, locks and small configuration files."""
