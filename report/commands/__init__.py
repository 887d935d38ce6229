"""The commands of `python -m report`: a file each, which adds its options and runs it."""
