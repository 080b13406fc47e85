"""Models: families, the catalogue of models on disk, and the memory that they need."""
