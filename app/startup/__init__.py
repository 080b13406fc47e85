"""The start of the program, and all that happens before the window opens."""
