"""Blueprints, their real dimensions and parts, each with its source. Data, not behaviour."""
