"""What a report says of its making: the commit without git, the call without where it wrote."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from report.numbers.provenance import commit, environment

HASH = "0123456789abcdef0123456789abcdef01234567"


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_the_commit_of_a_branch_a_packed_branch_and_a_bare_head(tmp_path):
    head = tmp_path / ".git" / "HEAD"
    write(head, "ref: refs/heads/main\n")
    write(tmp_path / ".git" / "packed-refs", f"# pack-refs\n{'f' * 40} refs/heads/xmain\n")
    assert commit(tmp_path) is None
    write(tmp_path / ".git" / "packed-refs", f"# pack-refs\n{HASH} refs/heads/main\n")
    assert commit(tmp_path) == HASH
    write(tmp_path / ".git" / "refs" / "heads" / "main", f"{'a' * 40}\n")
    assert commit(tmp_path) == "a" * 40
    write(head, f"{HASH}\n")
    assert commit(tmp_path) == HASH


def test_no_checkout_no_commit(tmp_path):
    assert commit(tmp_path) is None
    write(tmp_path / ".git", "gitdir: nowhere\n")
    assert commit(tmp_path) is None


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_it_is_what_git_says_also_in_a_linked_working_tree(tmp_path):
    def git(*words, at):
        call = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *words]
        return subprocess.run(call, cwd=at, check=True, capture_output=True, text=True).stdout

    first, linked = tmp_path / "first", tmp_path / "linked"
    first.mkdir()
    git("init", "-q", at=first)
    git("commit", "-q", "--allow-empty", "-m", "one", at=first)
    git("worktree", "add", "-q", "-b", "side", str(linked), at=first)
    git("commit", "-q", "--allow-empty", "-m", "two", at=linked)
    for place in (first, linked):
        assert commit(place) == git("rev-parse", "HEAD", at=place).strip()
    assert commit(first) != commit(linked)


def test_the_call_can_be_pasted(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    made = environment(["--extra", "mine=my own.npz"])
    assert made["command"] == "python -m report build --extra 'mine=my own.npz'"
    assert made["created_at"] == "2023-11-14T22:13:20Z"
    assert all(isinstance(value, str) for value in made.values())
