"""Carriers of pouches: HTTP and files. The channel is trusted for nothing."""
