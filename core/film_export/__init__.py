"""Films exported as videos, animations and contact sheets."""
