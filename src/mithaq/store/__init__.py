"""Where a node keeps everything but keys: the ports of ``exchange`` on a database, and the anchor apart."""
