"""The rules: pure values, tables and functions; no clock, no disk, no randomness, no keys of its own."""
