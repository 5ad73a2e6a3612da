"""What a question asks for, by its words, in several languages: a part or the whole, anew or on."""

import regex

from ai_llm_service.text.facts import Token, tokens
from ai_llm_service.text.facts.common import FUNCTION_WORDS
from ai_llm_service.text.facts.word_sets import word_set
from ai_llm_service.text.patterns import Pattern

# With no more words of its own a question leans on the one before it: "How many beds?"
OWN_WORDS = 1
# "What did the company say about its revenue?" leans on nothing: its company is in it.
ANTECEDENT_WORDS = 2

_SUMMARY = Pattern(
    r"\b(?:summar\w*|overview|gist|tl;?dr|key (?:points|findings|takeaways)|outline|recap"
    r"|main (?:points|ideas|topics?|themes?|findings|arguments?|conclusions?))\b"
    r"|\bwhat (?:is|are|does|do) (?:this|that|the|these|it|my)\b.{0,40}"
    r"\b(?:about|say|contain|cover)\b"
    r"|\b(?:résum\w*|resum\w*|riassu\w*|sintes\w*|zusammenfass\w*|zusammengefasst|überblick"
    r"|samenvat\w*|aperçu|ringkas\w*|rangkum\w*|özet\w*|muhtasari)\b|\bfass\w*\b.{0,60}\bzusammen\b"
    r"|\b(?:изложи|кратк\w+ содержани|резюм|обобщи)"
    r"|सारांश|(?<![\p{L}\p{M}])सार(?![\p{L}\p{M}])"
    r"|संक्षेप|निचोड़|সারাংশ|সারসংক্ষেপ|சுருக்க|సారాంశ|摘要|总结|總結|概要|概括|要約|まとめ"
    r"|ملخص|لخص|สรุป",
    regex.IGNORECASE | regex.DOTALL,
)
_ALL = Pattern(
    r"\b(?:list|name|enumerate|find|show|give|extract|identify|collect)\b.{0,30}\b(?:all|every|each)\b"
    r"|\ball (?:of )?the\b.{0,40}\b(?:mention|list|name|describ|contain|occur|appear)\w*"
    r"|\b(?:which|what) are all\b|\bevery(?:thing)? (?:that|about|mention)"
    r"|\bhow many times\b|\bhow often\b.{0,60}\b(?:mention|occur|appear|name|quote|cite|repeat)\w*"
    r"|\b(?:in total|altogether|throughout|across (?:all|the) )\b"
    r"|\b(?:compare|comparison|contrast|differences? between|similarities)\b"
    r"|\b(?:entire|whole|complete) (?:document|file|text|report|log|book|session)\b"
    r"|\b(?:liste|nenne|zähle|finde)\b.{0,30}\b(?:alle|jede\w*)\b|\bvergleich\w*|\bunterschied\w*"
    r"|\b(?:liste[rz]?|énumère\w*|trouve[rz]?)\b.{0,30}\b(?:tou[st]\w*|chaque)\b|\bcompare[rz]?\b"
    r"|\b(?:enumera|lista|menciona)\w*\b.{0,30}\btod[oa]s\b|\bcompar[ae]\w*\b"
    r"|\bdiferencias? entre\b"
    r"|\b(?:liste|enumere)\b.{0,30}\btod[oa]s\b|\b(?:elenca|confronta)\w*"
    r"|\b(?:перечисли|сравни)\w*|\b(?:alle|noem)\b.{0,20}\bop\b|\bvergelijk\w*"
    r"|(?:सभी|सारे|सारी|सब).{0,40}(?:सूची|बताओ|बताइए|बताएं|लिखो|गिनाओ)|तुलना|कितनी बार|सूचीबद्ध"
    r"|তালিকা|তুলনা|பட்டியல்|ஒப்பிடு|జాబితా|పోల్చ|列出|比较|比較|所有.{0,12}(?:列|有哪些)|一覧|すべて"
    r"|اذكر (?:جميع|كل)|قارن|قائمة ب",
    regex.IGNORECASE | regex.DOTALL,
)
_GOES_ON = Pattern(
    r"\A\W*(?:and|but|or|then|also|so|what about|how about|what else|why not|same for|und|aber|oder"
    r"|dann|et|mais|ou|alors|y|pero|e|mas|ma|o|en|dan|lalu|ve|peki|и|а|но|और|फिर|तो|लेकिन|আর|এবং|மற்றும்"
    r"|మరి|و|وماذا)\b|\A(?:那|还有|那么|では|じゃあ)",
    regex.IGNORECASE,
)
_PRONOUN = Pattern(
    r"\b(?:it|its|they|them|their|theirs|he|him|his|she|her|hers|those|these|former|latter)\b"
    r"|\b(?:is|was|does|did|has|had) that\b"
    r"|\b(?:er|sie|ihr\w*|ihm|dessen|deren|davon|dort|il|elle|ils|elles|leur|él|ella|ellos|suyo)\b"
    r"|\b(?:он|она|они|его|её|их)\b|(?<!\p{M}|\p{L})(?:वह|वे|उस|उसका|उसकी|उसके|उनका|उनकी|उनके|इसका|इसकी|इसके"
    r"|उन्होंने|उसने|তার|তাদের|সেটি|அவர்|அது|ఆయన|ఆమె|అది)(?!\p{M}|\p{L})|它|他们|她|他|それ|その|彼",
    regex.IGNORECASE,
)
# "it" that stands for nothing, and what is about the documents themselves.
_EMPTY_IT = Pattern(r"\b(?:is|was|does|did|has) it (?:true|possible|that|mean)\b", regex.I)


# Scripts without a space between words, in which these are not counted.
_UNSPACED = Pattern(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_QUESTION_WORDS = word_set(
    "क्या कौन किसने किसका किसकी किसके किसे कब कहाँ कहां कितना कितने कितनी क्यों कैसे कैसा कैसी",
    "কি কী কে কার কখন কোথায় কত কেন কীভাবে",
)
# The well of a question is one that is dug.
_EMPTY_WORDS = (FUNCTION_WORDS | _QUESTION_WORDS) - {"well"}


def asks_for_summary(question: str) -> bool:
    """Whether it asks what the documents say as a whole."""
    return _SUMMARY.search(question) is not None


def asks_for_all(question: str) -> bool:
    """Whether the answer may stand anywhere: a list of all, a comparison, a summary."""
    return _ALL.search(question) is not None or asks_for_summary(question)


def leans_on_earlier(question: str) -> bool:
    """Whether it is understood only with the question before it."""
    if asks_for_summary(question):
        return False
    if _GOES_ON.search(question) or points_back(question):
        return True
    return len(_own_words(question)) <= OWN_WORDS and not _UNSPACED.search(question)


def points_back(question: str) -> bool:
    """Whether the matter itself stands in the question before it: "Who pays for it?", "Why?"."""
    if not _own_words(question):
        return True
    pronoun = _PRONOUN.search(_EMPTY_IT.sub(" ", question))
    return pronoun is not None and not _names_something(question[: pronoun.start()])


def _names_something(text: str) -> bool:
    """Whether what stands before a pronoun is enough for it to stand for."""
    said = _own_words(text)
    return len(said) >= ANTECEDENT_WORDS or any(t.is_capital and t.start for t in said)


def _own_words(text: str) -> list[Token]:
    """The words that name something."""
    return [token for token in tokens(text) if token.plain not in _EMPTY_WORDS]
