"""The kinds of files that people have, known by the names and shapes of their tensors; one table."""
