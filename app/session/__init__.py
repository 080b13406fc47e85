"""The session: draft, queue, worker and run, in the thread of the window."""
