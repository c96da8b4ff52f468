"""The commands: each parses what was typed, calls one verb once, and prints. Only here (and in `cli`) is click imported."""
