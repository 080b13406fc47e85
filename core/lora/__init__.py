"""LoRA files: reading, finding and importing them."""
