"""Networks that learn one person's hand from a few drawings."""
