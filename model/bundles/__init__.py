"""A model as a folder: loaded, verified and listed."""
