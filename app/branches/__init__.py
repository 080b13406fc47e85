"""The tree of branches: the runs, the steps at which they left each other, and their changes."""
