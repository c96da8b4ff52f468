"""mufakat: a workflow engine for the agreements that cities make with cities."""

__version__ = "0.1.0"
