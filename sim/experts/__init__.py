"""Privileged drivers: they see the truth, and every report says so."""
