"""The use cases between two nodes, and the ports that the adapters implement; ``service`` is the one door."""
