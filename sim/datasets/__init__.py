"""One writer per data-set format."""
