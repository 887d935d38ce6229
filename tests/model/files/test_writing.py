"""Atomic writing: complete or not at all, by several writers at once, and nothing left behind."""

from __future__ import annotations

import os

import pytest

from model.files.writing import STALE_SECONDS, atomic_path


def test_a_file_appears_when_it_is_complete(tmp_path):
    out = tmp_path / "out.json"
    with atomic_path(out) as temporary:
        temporary.write_text("new")
        assert not out.exists()
        assert temporary.suffix == ".json"
    assert out.read_text() == "new"
    assert os.listdir(tmp_path) == ["out.json"]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    out = tmp_path / "out.json"
    out.write_text("old")
    with pytest.raises(UnicodeEncodeError), atomic_path(out) as temporary:
        temporary.write_text("half \ud800", encoding="utf-8")
    assert out.read_text() == "old"
    assert os.listdir(tmp_path) == ["out.json"]


def test_two_may_write_one_file_at_once(tmp_path):
    out = tmp_path / "out.json"
    with atomic_path(out) as first, atomic_path(out) as second:
        first.write_text("first")
        second.write_text("second")
    assert out.read_text() == "first"  # its context was left last
    assert os.listdir(tmp_path) == ["out.json"]


def test_a_folder_appears_with_all_its_files(tmp_path):
    with atomic_path(tmp_path / "new") as temporary:
        temporary.mkdir()
        (temporary / "part").write_text("whole")
    assert (tmp_path / "new" / "part").read_text() == "whole"
    with pytest.raises(FileExistsError), atomic_path(tmp_path / "other") as temporary:
        make_twice(temporary)
    assert os.listdir(tmp_path) == ["new"]


def test_what_a_killed_process_left_is_removed_later(tmp_path):
    out = tmp_path / "a[1].json"
    with atomic_path(out) as other, atomic_path(out) as killed:
        other.write_text("in use")
        killed.write_text("abandoned")
        os.utime(killed, (0, other.stat().st_mtime - STALE_SECONDS - 1))
        with atomic_path(out) as temporary:
            assert (other.exists(), killed.exists()) == (True, False)
            for path in (temporary, killed):
                path.write_text("")


def make_twice(folder):
    folder.mkdir()
    folder.mkdir()
