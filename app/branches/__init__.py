"""The tree of branches: which run left which other one, where, and what was changed there."""
