"""Pictures made by many engines of a cluster: which engine makes which, and each picture once."""
