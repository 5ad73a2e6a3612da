"""The built-in embedder, where its weights are installed."""

from pathlib import Path

import numpy as np
import pytest

from ai_llm_service.providers.minilm import files
from ai_llm_service.providers.minilm.embedder import MiniLm
from ai_llm_service.providers.minilm.files import WeightsAreNotOfficial, find_weights, make_files
from ai_llm_service.providers.side_by_side import SideBySide

WEIGHTS = find_weights()
installed = pytest.mark.skipif(WEIGHTS is None, reason="the weights are not installed")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> MiniLm:
    assert WEIGHTS is not None
    return MiniLm(make_files(WEIGHTS, tmp_path_factory.mktemp("models")))


@installed
def test_what_means_the_same_lies_near(model: MiniLm) -> None:
    dog, hound, market = model.embed(
        ["The dog barks at night.", "A hound makes noise after dark.", "Stock prices fell."]
    )
    assert dog @ hound > 0.5
    assert dog @ market < 0.2
    assert np.linalg.norm(dog) == pytest.approx(1.0, abs=1e-4)


@installed
def test_a_text_has_one_vector_in_every_company(model: MiniLm) -> None:
    (alone,) = model.embed(["The dog barks."])
    among = model.embed(["word " * 400, "The dog barks.", ""])
    assert np.array_equal(alone, among[1])
    assert np.isfinite(among).all()


@installed
def test_texts_that_threads_share_keep_their_places(model: MiniLm) -> None:
    texts = [f"The well number {number} is {'very ' * number}deep." for number in range(9)]
    shared = SideBySide(model, 3, lambda: None).embed(texts)
    assert np.array_equal(shared, model.embed(texts))
    assert SideBySide(model, 3, lambda: None).embed([]).shape == (0, 384)


@installed
def test_weights_are_compared_with_the_official_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert WEIGHTS is not None
    monkeypatch.setattr(files, "WEIGHTS_SHA256", "0" * 64)
    with pytest.raises(WeightsAreNotOfficial):
        make_files(WEIGHTS, tmp_path)
    assert list(tmp_path.iterdir()) == []
