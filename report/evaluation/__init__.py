"""Runs classifiers over test sets."""
