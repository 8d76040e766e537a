"""The nouns every other package speaks in. Imports numpy only, and re-exports nothing."""
