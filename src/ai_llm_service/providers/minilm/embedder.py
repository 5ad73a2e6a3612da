"""Vectors of texts by all-MiniLM-L6-v2 on the CPU of this machine."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession, SessionOptions
from tokenizers import Tokenizer

from ai_llm_service.providers.minilm.files import NAME, ModelFiles
from ai_llm_service.providers.minilm.graph import DIMENSIONS

MAX_TOKENS = 256
ERRORS_ONLY = 3

Vectors = NDArray[np.float32]


class MiniLm:
    """One network in memory, for any number of threads: each computes what it asks for itself."""

    name = NAME
    reads_latin_only = True

    def __init__(self, files: ModelFiles) -> None:
        options = SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = ERRORS_ONLY
        self._session = InferenceSession(str(files.model), options, ["CPUExecutionProvider"])
        self._tokenizer = _tokenizer(files.tokenizer)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One vector of length 1 for each text.

        Each is computed alone: what int8 is scaled by would else depend on its neighbours, and so
        the vector; together they would be no faster on a CPU, and take many times the memory.
        """
        vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
        for row, encoding in enumerate(self._tokenizer.encode_batch(list(texts))):
            vectors[row] = self._run(encoding.ids)
        return vectors

    def _run(self, ids: Sequence[int]) -> Vectors:
        inputs = {
            "input_ids": np.array([ids], np.int64),
            "attention_mask": np.ones((1, len(ids)), np.int32),
        }
        tokens: Vectors = np.asarray(self._session.run(["tokens"], inputs)[0], np.float32)
        mean = tokens[0].mean(axis=0)
        length = max(float(np.linalg.norm(mean)), float(np.finfo(np.float32).tiny))
        return np.asarray(mean / length, np.float32)


def _tokenizer(path: Path) -> Any:
    tokenizer: Any = Tokenizer.from_file(str(path))
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.no_padding()
    return tokenizer
