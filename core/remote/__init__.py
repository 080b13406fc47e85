"""An engine behind a wire: its operations and events as frames between two processes."""
