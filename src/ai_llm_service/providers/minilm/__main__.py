"""Makes the network of some weights: `python -m ai_llm_service.providers.minilm WEIGHTS MADE`."""

import sys
from pathlib import Path

from ai_llm_service.providers.minilm.files import write_model

write_model(Path(sys.argv[1]), Path(sys.argv[2]))
