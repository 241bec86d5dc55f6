"""The exercise: two invented authorities, two real nodes, one page at the end."""
