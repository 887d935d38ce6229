"""The page as programs see it, through Gradio's client."""

import warnings

import pytest


@pytest.fixture(scope="module")
def caller(served):
    """Gradio's client for the page."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # from inside Gradio and what it imports
        from gradio_client import Client

        client = Client(served[0].local_url, verbose=False, analytics_enabled=False)
    yield client
    client.close()


def predict(caller, value, api_name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return caller.predict(value, api_name=api_name)


def test_programs_call_draw_and_read(caller, seven_file):
    from gradio_client import handle_file

    layers = {"background": None, "layers": [], "composite": handle_file(seven_file)}
    drawn = predict(caller, layers, "/draw")
    assert drawn["digit"] == 7
    assert drawn == predict(caller, handle_file(seven_file), "/read")


def test_programs_get_clear_errors(caller, seven_file, tmp_path):
    from gradio_client import handle_file
    from gradio_client.exceptions import AppError

    notes = tmp_path / "notes.png"
    notes.write_text("not a picture")
    with pytest.raises(AppError, match="holds no drawing"):
        predict(caller, handle_file(seven_file), "/draw")
    with pytest.raises(AppError, match="PNG or JPEG"):
        predict(caller, handle_file(str(notes)), "/read")
    address = {"path": "http://example.com/7.png", "meta": {"_type": "gradio.FileData"}}
    with pytest.raises(AppError, match="not its address"):
        predict(caller, address, "/read")
    unmarked = {"path": str(seven_file)}  # a file of this machine, not uploaded
    with pytest.raises(AppError, match="did not arrive"):
        predict(caller, unmarked, "/read")


def test_only_the_two_named_endpoints_are_public(caller):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        endpoints = caller.view_api(return_format="dict", print_info=False)
    assert set(endpoints["named_endpoints"]) == {"/draw", "/read"}
    assert not endpoints["unnamed_endpoints"]
