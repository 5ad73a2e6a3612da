"""Starting points: `python3 main.py` serves the API, `celery -A main.celery …` the rest."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "src"))

from ai_llm_service.programs import celery_from_environment, serve_api

if __name__ == "__main__":
    serve_api()
else:
    celery = celery_from_environment()
