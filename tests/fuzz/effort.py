"""How long to look for faults: by default the same few hundred cases on every run.

`FUZZ=100 python -m pytest tests/fuzz` tries a hundred times as many, others on every run.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

FACTOR = int(os.environ.get("FUZZ", "1"))


def tries(count: int) -> settings:
    """Settings for a test that usually looks at `count` made-up inputs."""
    return settings(
        max_examples=count * FACTOR,
        derandomize=FACTOR == 1,
        suppress_health_check=list(HealthCheck),  # fixtures are shared on purpose
    )
