"""Gymnasium environments; registered by entry point, heavy imports wait until reset."""
