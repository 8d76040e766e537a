"""Suites of scenarios as regression tests: run, compare, report."""
