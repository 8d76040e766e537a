"""Sockets: calls, streams, and the loop that serves them."""
