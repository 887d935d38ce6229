"""Files: untrusted ones are opened within bounds, and our own are written whole or not at all."""
