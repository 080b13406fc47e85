"""Fetches models from a hub: only the needed files, whole and unchanged, across any interruption."""

import logging

# their INFO records name whole addresses, and those of content servers are signed
for _library in ("httpx2", "httpcore2"):
    logging.getLogger(_library).setLevel(logging.WARNING)
