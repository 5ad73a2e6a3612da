"""Which questions the digest of a log answers: what went on in it, what failed, and why."""

import re

from ai_llm_service.text.questions import asks_for_summary

_RUN = (
    r"(?:logs?|log ?files?|files?|runs?|jobs?|pipelines?|flows?|builds?|deployments?|syncs?|tasks?"
    r"|process|programs?|scripts?|services?|systems?|dags?|workflows?|executions?|it|this|here)"
)
_TROUBLE = r"(?:errors?|failures?|problems?|issues?|exceptions?|crash(?:es)?|causes?|reasons?)"
_THE_RUN = rf"(?:the |this |that |my |our )?(?:\w+ )?{_RUN}\b"
# The question ends here, or goes on about the run as a whole.
_WHOLE = rf"(?=\W*$|[,.;?!]|\W+(?:and|then)\b|\W+(?:in|with|during|of|for|to) {_THE_RUN})"

_DIGEST = re.compile(
    r"\bwhat (?:all )?(?:went wrong|happened|failed|broke|is wrong|was wrong|went on|ran)\b"
    rf"{_WHOLE}"
    rf"|\b(?:what|which)(?:'s| is| was| are| were)? (?:the )?(?:\w+ )?{_TROUBLE}\b{_WHOLE}"
    rf"|\bwhat (?:has )?caused? (?:the |this )?(?:{_TROUBLE}|{_RUN})\b"
    rf"|\bwhy (?:did|does|was|is|has|were) {_THE_RUN}"
    r".{0,30}\b(?:fail|crash|abort|stop|break|broke|wrong|end|error)"
    rf"|\bwhy did (?:the |this |that )?(?:\w+ ){{1,2}}(?:fail|crash|abort|stop|break){_WHOLE}"
    r"|\broot (?:cause|error|problem)\b|\bpost-?mortem\b"
    rf"|\b(?:explain|analy[sz]e|diagnose|troubleshoot|debug|investigate|review|describe|interpret)"
    rf"\b.{{0,40}}\b(?:{_TROUBLE}|{_RUN})\b"
    r"|\b(?:fix|solve|resolve|solutions?|remedy|recommend\w*|suggest\w*|next steps?)\b"
    rf".{{0,60}}\b(?:{_TROUBLE}|{_RUN})\b"
    rf"|\b(?:{_TROUBLE}|{_RUN})\b"
    r".{0,80}\b(?:fix|solve|resolve|solutions?|remedy|recommend\w*|suggest\w*|explain\w*)\b"
    rf"|\bdid {_THE_RUN}.{{0,30}}\b(?:succeed|fail|work|complete|finish)"
    rf"|\bwhat does (?:the|this) {_RUN}\b|\bhow did {_THE_RUN} (?:end|go)\b"
    r"|\b(?:list|show|name|give)\b.{0,20}\b(?:errors|warnings|failures|problems|issues)\b",
    re.IGNORECASE | re.DOTALL,
)
# A name of one thing: the question is about its lines.
_NAMED = re.compile(r"\b\w+[_\-]-?\d{3,}|\b\d{5,}\b|(?:\d{1,3}\.){3}\d|[\"“`]")


def wants_digest(question: str) -> bool:
    """Whether it is about a log as a whole, not about one of its lines."""
    if asks_for_summary(question):
        return True
    return _DIGEST.search(question) is not None and _NAMED.search(question) is None
