"""Everything about the network: data, preprocessing, training, bundles and prediction."""


class InputError(ValueError):
    """The call or its input was wrong; the message is one line: what is wrong and what to do."""


class Unavailable(InputError):
    """Data that is nowhere on this machine and cannot be fetched; the message says the ways out."""
