"""Measurements, each with a command of its own; pytest does not collect them."""
