"""The evaluation report: what a network got right and wrong, in numbers, drawings and documents."""
