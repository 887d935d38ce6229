"""Answers of one network: probabilities, acceptance, saliency, and scores against labels."""
