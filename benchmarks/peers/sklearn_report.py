"""The report that one writes by hand with scikit-learn: PREDICTIONS.npz in, a page out."""

import base64
import html
import io
import sys
from pathlib import Path

import matplotlib
import numpy as np
from sklearn.calibration import CalibrationDisplay
from sklearn.metrics import ConfusionMatrixDisplay, accuracy_score, classification_report, log_loss

matplotlib.use("agg")


def picture(figure) -> str:
    """Write a figure as an image element."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=120)
    return f'<img src="data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}">'


source, page = sys.argv[1:]
saved = np.load(source)
labels, probabilities = saved["labels"], saved["probabilities"]
digits = probabilities.argmax(1)
matrix = ConfusionMatrixDisplay.from_predictions(labels, digits)
reliability = CalibrationDisplay.from_predictions(
    digits == labels, probabilities.max(1), n_bins=15, name="network"
)
parts = [
    "<!doctype html><title>Report</title><h1>Report</h1>",
    f"<p>Accuracy {accuracy_score(labels, digits):.4f}, log loss "
    f"{log_loss(labels, probabilities):.4f}, {len(labels):,} images",
    f"<pre>{html.escape(classification_report(labels, digits, digits=4))}</pre>",
    picture(matrix.figure_),
    picture(reliability.figure_),
]
Path(page).write_text("\n".join(parts), encoding="utf-8")
