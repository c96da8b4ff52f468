"""What is on record, for other programs."""
