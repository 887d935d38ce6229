"""The addresses that others are told, and the codes that lead a phone there."""

import io
import socket
import sys
from datetime import datetime
from threading import Event

import pytest

from webapp import addresses, link
from webapp.addresses import lan_addresses, qr_picture, qr_text
from webapp.link import Invitation, Link, about_link, about_network


@pytest.fixture
def on_a_network(monkeypatch):
    """A machine with two addresses on networks, and one that only itself reaches."""
    known = [("192.168.7.5", 0), ("127.0.1.1", 0), ("10.0.0.9", 0), ("192.168.7.5", 0)]
    infos = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in known]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_: infos)


def test_others_are_told_this_machines_addresses_on_the_network(on_a_network):
    told = lan_addresses("0.0.0.0", 7860, "/digits")
    assert "http://192.168.7.5:7860/digits" in told
    assert "http://10.0.0.9:7860/digits" in told
    assert len(told) == len(set(told))
    assert not any("//127." in address for address in told)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.8.8.8"])
def test_what_only_this_machine_reaches_is_told_nobody(on_a_network, host):
    assert lan_addresses(host, 7860) == []
    assert about_network([], asks_login=False) == ""


def test_one_address_that_was_asked_for_is_told_as_it_is():
    assert lan_addresses("10.1.2.3", 80) == ["http://10.1.2.3:80"]
    assert lan_addresses("[fd00::5]", 80) == ["http://[fd00::5]:80"]


def test_who_may_come_in_is_said():
    open_to = about_network(["http://10.0.0.9:7860", "http://192.168.7.5:7860"], False)
    assert "at http://10.0.0.9:7860\nor http://192.168.7.5:7860\n" in open_to
    assert "--auth" in open_to
    assert "--auth" not in about_network(["http://10.0.0.9:7860"], True)


def read_code(text):
    """What OpenCV's reader sees in a code of block characters."""
    import cv2
    import numpy as np

    halves = {"█": (255, 255), "▀": (255, 0), "▄": (0, 255), " ": (0, 0)}
    rows = []
    for line in text.splitlines():
        rows += [[halves[c][half] for c in line] for half in (0, 1)]
    picture = np.kron(np.array(rows, np.uint8), np.ones((8, 8), np.uint8))
    return cv2.QRCodeDetector().detectAndDecode(cv2.copyMakeBorder(
        picture, 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=255))[0]  # fmt: skip


def test_a_phone_reads_the_code_in_the_terminal():
    address = "https://0123456789abcdef.gradio.live"
    assert read_code(qr_text(address)) == address


def test_a_terminal_that_has_no_such_characters_gets_none(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "ascii"))
    assert qr_text("http://10.0.0.9:7860") == ""
    assert "10.0.0.9" in about_network(["http://10.0.0.9:7860"], True)


def test_the_code_on_the_page_loads_nothing():
    assert qr_picture("http://10.0.0.9:7860").startswith("data:image/svg+xml")


# The public link


class Net:
    """A tunnel that breaks off, and can be set up again at the third attempt."""

    def __init__(self):
        self.said, self.made = [], 0
        self.done = Event()

    def make(self):
        self.made += 1
        return "https://second.gradio.live" if self.made == 3 else None

    def works(self, address):
        return "second" in address

    def say(self, text):
        self.said.append(text)
        if "second" in text:
            self.done.set()


def test_a_link_that_breaks_off_is_said_and_made_again(monkeypatch):
    monkeypatch.setattr(link, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(link, "PAUSES", (0.001,))
    net, invitation = Net(), Invitation()
    kept = Link(net.make, net.works, invitation, asks_login=False, say=net.say)
    kept.begin("https://first.gradio.live")
    assert invitation.address == "https://first.gradio.live"
    assert net.done.wait(20)
    kept.stop()
    assert "no longer works" in net.said[1]
    assert net.made == 3
    assert invitation.address == "https://second.gradio.live"
    assert len(net.said) == 3


def test_one_look_that_fails_is_no_loss(monkeypatch):
    monkeypatch.setattr(link, "LOOK_SECONDS", 0.001)
    looks, seen = iter([False, False, True, False, False]), Event()

    def works(_):
        result = next(looks, None)
        if result is None:
            seen.set()
        return result is not False

    said = []
    kept = Link(lambda: None, works, Invitation(), asks_login=True, say=said.append)
    kept.begin("https://first.gradio.live")
    assert seen.wait(20)
    kept.stop()
    assert len(said) == 1


def test_a_link_says_when_it_ends():
    said = about_link("https://a.gradio.live", datetime(2026, 3, 9, 14, 5), asks_login=False)
    assert "Monday, 09 March 2026, 14:05" in said
    assert "--auth" in said


def test_no_link_is_said_plainly():
    said = []
    Link(lambda: None, lambda _: True, Invitation(), False, said.append).begin(None)
    assert said == ["No public link could be made; the address above works."]
