"""The page at `/`, and the same for programs."""
