"""Procedural geometry of everything that can be seen: vehicles, people, signs, signals, buildings, trees, the ground."""
