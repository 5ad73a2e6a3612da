"""`python -m ai_llm_service` is the command line."""

from ai_llm_service.cli import main

main()
