"""The pure core: what an agreement is, and what may happen to it."""
