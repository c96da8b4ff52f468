"""What an auditor takes home: `verify.py`, one file without dependencies, that imports nothing of this program."""
