"""The public link: how it is announced, and made again when it is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from webapp.addresses import qr_picture, qr_text
from webapp.language import Words

LIFETIME = timedelta(days=7)  # of Gradio's links, at most
LOOK_SECONDS = 30  # between two looks whether a link still works
FAILURES = 3  # looks in a row without an answer after which it is taken for lost
PAUSES = (5, 15, 60, 300)  # s before each new attempt; the last is repeated


@dataclass
class Invitation:
    """The address that the page shows to those who are to join, None where there is none."""

    address: str | None = None
    until: datetime | None = None  # for a link, when it ends at the latest


def describe_invitation(invitation: Invitation, words: Words) -> dict[str, Any]:
    """Tell the page by which address others join, with a QR code; no address where they cannot."""
    address, until = invitation.address, invitation.until
    if not address:
        return {"address": None}
    ends = words.say("join_until", until=f"{until:%Y-%m-%d %H:%M}") if until else ""
    return {"address": address, "until": ends, "picture": qr_picture(address)}


class Link:
    """Keeps a public link alive, in a thread of its own.

    `make` sets up a tunnel and gives its address, None when that failed; `works` tells whether an
    address still answers. What happens is said by `say`.
    """

    def __init__(
        self,
        make: Callable[[], str | None],
        works: Callable[[str], bool],
        invitation: Invitation,
        asks_login: bool,
        say: Callable[[str], None],
    ):
        self._make, self._works, self._say = make, works, say
        self._invitation, self._asks_login = invitation, asks_login
        self._stopped = threading.Event()

    def begin(self, address: str | None) -> None:
        """Tell of the link that there is, and watch it; None says that none could be made."""
        if not address:
            return self._say("No public link could be made; the address above works.")
        self._announce(address)
        threading.Thread(target=self._watch, name="link", daemon=True).start()

    def stop(self) -> None:
        """Watch it no longer."""
        self._stopped.set()

    def _announce(self, address: str) -> None:
        until = datetime.now() + LIFETIME
        self._invitation.address, self._invitation.until = address, until
        self._say(about_link(address, until, self._asks_login))

    def _watch(self) -> None:
        failures = 0
        while not self._stopped.wait(LOOK_SECONDS):
            address, until = self._invitation.address, self._invitation.until
            assert address
            assert until
            failures = 0 if self._works(address) else failures + 1
            if failures >= FAILURES or datetime.now() >= until:
                self._renew(address)
                failures = 0

    def _renew(self, lost: str) -> None:
        self._invitation.address = self._invitation.until = None
        self._say(f"The public link {lost} no longer works; trying to make another …")
        attempt = 0
        while not self._stopped.wait(PAUSES[min(attempt, len(PAUSES) - 1)]):
            attempt += 1
            if address := self._make():
                return self._announce(address)


def about_link(link: str, until: datetime, asks_login: bool) -> str:
    """Say what a public link is, how long it lasts and what it shows."""
    who = "Whoever has the link and the password" if asks_login else "Whoever has the link"
    more = "" if asks_login else "\nStop this and add --auth USER:PASSWORD to keep strangers out."
    return f"""The public link is {link}
{qr_text(link)}
It lasts up to a week, until {until:%A, %d %B %Y, %H:%M}, and no longer than this program runs
(Ctrl-C stops both). If it breaks off, another is made and shown here and on the page.
{who} can draw, upload and call /api; what they send goes through Gradio's servers
to this computer, is read and soon deleted. Nothing else of this computer is shown.{more}"""


def about_network(addresses: list[str], asks_login: bool) -> str:
    """Say by which addresses others on the network reach the demo; "" where they do not."""
    if not addresses:
        return ""
    others = "".join(f"\nor {address}" for address in addresses[1:])
    open_to = "Whoever is on this network can use it; --auth USER:PASSWORD keeps others out."
    more = "" if asks_login else f"\n{open_to}"
    return (
        f"Others on this network reach it at {addresses[0]}{others}\n{qr_text(addresses[0])}\n"
        f"Nothing comes up there? A firewall, or a network that keeps its guests apart.{more}"
    )
