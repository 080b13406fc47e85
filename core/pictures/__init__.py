"""Pictures as pixels and as files with their metadata."""
