"""The commands of `python -m model`: each adds its options and runs."""
