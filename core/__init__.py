"""The engine of Emulsion: from words to pictures, and every step between. Knows no Qt and no window."""
