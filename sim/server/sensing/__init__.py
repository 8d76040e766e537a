"""The sensors that clients spawn, and the pictures they get."""
