"""Labelled images: MNIST, scikit-learn's digits, the user's own files, and corrections."""
