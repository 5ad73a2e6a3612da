"""Files are there whole or not at all."""

from pathlib import Path

import pytest

from ai_llm_service.disk import write_whole


def test_a_file_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    for content in (b"first", b"second"):
        write_whole(tmp_path / "note", content)
        assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [
            ("note", content)
        ]


def test_a_file_that_can_not_be_written_leaves_nothing(tmp_path: Path) -> None:
    taken = tmp_path / "note"
    taken.mkdir()
    with pytest.raises(OSError, match="note"):
        write_whole(taken, b"text")
    assert list(tmp_path.iterdir()) == [taken]
