"""Build only what changed: what the last build read, and what Sphinx has to do again."""
