"""The reference driver that sees sensors only (step 5)."""
