"""The notebook runs from its first cell to its last, with few images and one epoch."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
NOTEBOOK = ROOT / "docs" / "tutorial.ipynb"
QUICK = {"TRAIN_IMAGES, TEST_IMAGES": "600, 200", "EPOCHS": "1", "LEARNING_RATES": "(0.02,)"}


def with_quick_parameters(notebook, folder, name: str):
    """The same notebook; its first cell asks for little, its last one writes into `folder`."""
    first, *_, last = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for variable, value in (QUICK | {"DATA": f'"{name}"'}).items():
        line = rf"^{re.escape(variable)} = .*$"
        first.source, found = re.subn(line, f"{variable} = {value}", first.source, flags=re.M)
        assert found == 1
    last.source = last.source.replace("report-out/tutorial", str(folder))
    return notebook


@pytest.mark.slow
def test_the_tutorial_runs(tmp_path, own_cache, monkeypatch):
    monkeypatch.delenv("MPLBACKEND", raising=False)  # the demo's would show no figures
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    quick = with_quick_parameters(notebook, tmp_path, "digits")
    NotebookClient(quick, timeout=300, resources={"metadata": {"path": ROOT}}).execute()
    shown = [out for cell in quick.cells for out in cell.get("outputs", ()) if "data" in out]
    kinds = [kind for out in shown for kind in out["data"]]
    assert kinds.count("image/png") >= 8  # figures, curves and pictures
    assert any("Always answering" in "".join(out["data"].get("text/html", "")) for out in shown)
    assert (tmp_path / "report.pdf").stat().st_size > 10_000


def test_the_notebook_is_kept_without_what_it_printed():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
