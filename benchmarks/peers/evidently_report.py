"""Evidently's classification report on saved predictions: PREDICTIONS.npz in, a page out.

Runs in an environment of its own: see requirements-peers.txt.
"""

import sys

import numpy as np
import pandas as pd
from evidently import DataDefinition, Dataset, MulticlassClassification, Report
from evidently.presets import ClassificationPreset

source, page = sys.argv[1:]
saved = np.load(source)
names = [str(digit) for digit in range(10)]
table = pd.DataFrame(saved["probabilities"], columns=names).assign(
    target=saved["labels"].astype(str), prediction=saved["probabilities"].argmax(1).astype(str)
)
task = MulticlassClassification(
    target="target",
    prediction_labels="prediction",
    prediction_probas=names,
    labels=dict(zip(names, names, strict=True)),
)
data = Dataset.from_pandas(table, data_definition=DataDefinition(classification=[task]))
Report([ClassificationPreset()]).run(data, None).save_html(page)
