"""The demo's HTTP interface behind a login and behind a proxy."""

import httpx
import pytest

from tests.webapp.conftest import serve

AUTH = ("somebody", "pässword")


@pytest.fixture(scope="module")
def guarded(predictor):
    with serve(predictor, auth=AUTH) as (_, client):
        yield client


@pytest.mark.parametrize("name", ["predict", "read", "health", "openapi.json", "docs", "x"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic " + "QQ=="},
        {"Authorization": "Basic ÿ"},
        {"Authorization": "Bearer x"},
        {"Authorization": "Basic c29tZWJvZHk6"},  # somebody, no password
        {"Cookie": "access-token-unsecure-x=x"},
    ],
)
def test_a_login_guards_every_address(guarded, name, headers):
    latin = {key: value.encode("latin-1") for key, value in headers.items()}
    answer = guarded.request("POST" if name in ("predict", "read") else "GET", f"api/{name}",
                             headers=latin)  # fmt: skip
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert set(answer.json()) == {"error"}


def test_the_right_login_opens_it(guarded, seven_png):
    assert guarded.get("api/health", auth=AUTH).status_code == 200
    answer = guarded.post("api/predict", content=seven_png, auth=AUTH)
    assert answer.json()["digit"] == 7


def test_who_has_logged_in_on_the_page_may_use_it(guarded, seven_png):
    login = {"username": AUTH[0], "password": AUTH[1]}
    with httpx.Client(base_url=guarded.base_url) as visitor:
        assert visitor.post("login", data=login).status_code == 200
        assert visitor.get("api/health").status_code == 200
        answer = visitor.post("api/predict", content=seven_png)
    assert answer.json()["digit"] == 7


def test_a_proxy_may_keep_or_cut_the_root_path(predictor, seven_png):
    with serve(predictor, root_path="/digits") as (_, client):
        for path in ("api", "digits/api"):
            answer = client.post(f"{path}/predict", content=seven_png)
            assert answer.json()["digit"] == 7
            assert client.get(f"{path}/openapi.json").json()["servers"] == [{"url": "/digits"}]
            assert "/digits/api/predict" in client.get(f"{path}/docs").text
        assert client.get("config").json()["root"].endswith("/digits")
