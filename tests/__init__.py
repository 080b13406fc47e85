"""The tests; their language is settled here, before a module with sentences is imported."""

import os

# whatever the developer speaks; `tests.app.window.walk` runs in others
os.environ["EMULSION_LANGUAGE"] = os.environ.get("EMULSION_TESTED_LANGUAGE", "en")
