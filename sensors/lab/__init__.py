"""The test bench of a camera: hidden values are drawn, targets are photographed, files are written; others measure, we judge."""
