"""Words, sentences and cuts of a text in any script."""

from ai_llm_service.text.chunks import Chunks
from ai_llm_service.text.cuts import best_part
from ai_llm_service.text.sentences import Span, each_sentence, line_of, sentences
from ai_llm_service.text.words import count_tokens_alike, estimate_tokens, words

__all__ = [
    "Chunks",
    "Span",
    "best_part",
    "count_tokens_alike",
    "each_sentence",
    "estimate_tokens",
    "line_of",
    "sentences",
    "words",
]
