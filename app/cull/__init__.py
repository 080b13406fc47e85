"""Early choice: several pictures are begun, and only those that are chosen are finished."""
