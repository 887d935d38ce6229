"""The networks: their files, preprocessing, inference, page reading, data and training."""
