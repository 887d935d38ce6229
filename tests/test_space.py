"""The Space: assembled anywhere, it holds what it needs, starts by its app file and answers."""

import re
import socket
import subprocess
import sys
from importlib.metadata import version

import httpx
import pytest
import yaml
from huggingface_hub import RepoCard
from packaging.requirements import Requirement

from tests.encoding import encoded
from tests.test_requirements import listed
from tools import space
from webapp.__main__ import _parser

COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub") / "space"
    report = tmp_path_factory.mktemp("report")
    (report / "report.html").write_text("<p>A report</p>", encoding="utf-8")
    (report / "notes.txt").write_text("not for everybody", encoding="utf-8")
    space.assemble(folder, report)
    return folder


def front_matter(folder):
    return yaml.safe_load((folder / "README.md").read_text("utf-8").split("---\n")[1])


def test_its_head_configures_the_space(folder):
    about = front_matter(folder)
    assert about["sdk"] == "gradio"
    assert about["sdk_version"] == version("gradio")
    assert re.fullmatch(r"3\.1[1-3]", about["python_version"])
    assert (folder / about["app_file"]).is_file()
    assert {about["colorFrom"], about["colorTo"]} <= COLOURS
    assert about["license"] == "mit"
    assert 0 < len(about["short_description"]) <= 60
    assert about["title"]
    assert RepoCard.load(folder / "README.md").data.to_dict()["sdk_version"] == version("gradio")


def test_its_gradio_is_one_that_serving_lists(folder):
    pins = {r.name: r.specifier for r in listed("requirements-serve.txt")}
    assert pins["gradio"].contains(front_matter(folder)["sdk_version"])


def test_it_installs_what_serving_lists_but_gradio(folder):
    lines = (folder / "requirements.txt").read_text("utf-8").splitlines()
    texts = [line.partition("#")[0].strip() for line in lines]
    wanted = {str(r) for r in listed("requirements-serve.txt") if r.name != "gradio"}
    assert {str(Requirement(text)) for text in texts if text} == wanted


def test_it_holds_what_serving_needs_and_no_more(folder):
    files = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    bundles = ("cnn", "linear", "mlp100", "mlp128")
    assert {f"model/pretrained/{name}/model.tflite" for name in bundles} <= files
    assert {"demo.py", "webapp/api.py", "templates/openapi.json", "LICENSE"} <= files
    assert "report-out/report.html" in files
    others = ("model/training/", "tests/", "report/", "benchmarks/")
    assert "report-out/notes.txt" not in files
    assert not [file for file in files if file.startswith(others)]
    assert not [file for file in files if "__pycache__" in file]
    assert sum(file.stat().st_size for file in folder.rglob("*")) < 10 * 2**20


def test_it_starts_from_its_folder_and_answers(folder, seven):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = {"PATH": "", "GRADIO_SERVER_NAME": "0.0.0.0", "GRADIO_SERVER_PORT": str(port),
                   "GRADIO_NUM_PORTS": "1", "SYSTEM": "spaces",
                   "HOME": str(folder.parent)}  # fmt: skip
    app = subprocess.Popen(
        [sys.executable, "-u", "-B", front_matter(folder)["app_file"]],
        cwd=folder, env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        said = app.stdout.readline()
        assert f":{port}" in said
        answer = httpx.post(f"{address}/api/predict", content=encoded(seven), timeout=30)
        assert answer.json()["digit"] == 7
        answer = httpx.post(f"{address}/api/read", content=encoded(seven), timeout=30)
        assert answer.json()["lines"] == ["7"]
        assert "Handwritten digit reader" in httpx.get(address, timeout=30).text
        assert httpx.get(f"{address}/api/docs", timeout=30).status_code == 200
        app.terminate()
        assert app.wait(20) == 0
    finally:
        app.kill()
        app.communicate()


def test_it_is_reached_from_outside_its_container(monkeypatch):
    monkeypatch.setenv("GRADIO_SERVER_NAME", "0.0.0.0")
    assert _parser().parse_args([]).host == "0.0.0.0"
    monkeypatch.delenv("GRADIO_SERVER_NAME")
    assert _parser().parse_args([]).host == "127.0.0.1"


def test_a_space_is_replaced_whole(tmp_path, folder):
    again = tmp_path / "space"
    space.assemble(again, tmp_path)
    (again / "old.py").write_text("", encoding="utf-8")
    assert space.main([str(again), "--report", str(tmp_path)]) == 0
    assert not (again / "old.py").exists()
    assert not (again / "report-out").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["space"]


def test_another_folder_is_left_alone(tmp_path, capsys):
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")
    assert space.main([str(tmp_path)]) == 2
    assert "something else" in capsys.readouterr().err
    assert space.main([str(tmp_path / "letter.txt")]) == 2
    assert "something else" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_another_gradio_than_listed_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(space, "version", lambda name: "5.0.0")
    with pytest.raises(space.InputError, match=r"Gradio 5\.0\.0 .* wants gradio~="):
        space.assemble(tmp_path / "space", tmp_path)
    assert not list(tmp_path.iterdir())
