"""Training: configuration, architectures, augmentation, and one resumable run."""
