"""Figures for the bars: commands that anyone can rerun, never timed unit tests. `python -m tests.benchmarks.<name>`."""
