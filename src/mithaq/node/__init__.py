"""The composition root: one node put together from its directory, started, asked and stopped."""
