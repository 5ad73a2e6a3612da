"""The forms in which programs write the lines of a log, the most exact first."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from ai_llm_service.search.logs import clock

LEVELS = (
    "TRACE|DEBUG|VERBOSE|FINEST|FINER|FINE|CONFIG|INFORMATION|INFO|NOTICE|SUCCESS|WARNING|WARN|"
    "ERROR|ERR|SEVERE|FAILURE|FATAL|CRITICAL|CRIT|ALERT|EMERGENCY|EMERG|PANIC"
)
_LEVEL = rf"(?P<level>(?i:{LEVELS}))"
_POSTGRES = r"(?P<level>LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG\d?|STATEMENT|DETAIL|HINT)"
_NAME = r"[A-Za-z_][\w.$/\-]{0,79}"
_UNIT = r"(?P<source>[^\s:\[(<>{=,\"'][^:\[\n=<>{\"']{0,60}?)(?:\[[\w.\-]+\])?(?: \([^)\n]*\))?: "


@dataclass(frozen=True, slots=True)
class Form:
    """How one kind of program begins a line: `time`, `level` and `source`; the message follows."""

    name: str
    pattern: re.Pattern[str]
    seconds: Callable[[str], float] = clock.usual
    # Vague forms fit other texts, too: what they find must be a log by its own signs.
    is_vague: bool = False


def _form(
    name: str,
    pattern: str,
    seconds: Callable[[str], float] = clock.usual,
    *,
    is_vague: bool = False,
) -> Form:
    return Form(name, re.compile(pattern), seconds, is_vague)


def _time(pattern: str) -> str:
    return f"(?P<time>{pattern})"


_ISO, _TIME, _SYSLOG, _ANY = (
    _time(pattern) for pattern in (clock.ISO, clock.TIME, clock.SYSLOG, clock.ANY)
)
_APACHE, _ACCESS, _SHORT = (_time(pattern) for pattern in (clock.APACHE, clock.ACCESS, clock.SHORT))
_ISO_ZONE = _time(rf"{clock.ISO}(?: [A-Z]{{3,4}})?")
_HADOOP = _time(r"\d{6} \d{6}")
_BLUE_GENE = _time(r"\d{4}-\d\d-\d\d-\d\d\.\d\d\.\d\d\.\d+")
_EPOCH = _time(r"1\d{9}")
_ANDROID = _time(r"\d\d-\d\d \d\d:\d\d:\d\d\.\d+")
_HEALTH = _time(r"\d{8}-\d{1,2}:\d{1,2}:\d{1,2}:\d{1,3}")
_PROXY = _time(r"\d\d\.\d\d \d\d:\d\d:\d\d")
_SLASHED = _time(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d")
_REDIS = _time(r"\d\d \w{3} \d{4} \d\d:\d\d:\d\d\.\d+")
_ISO_OR_TIME = _time(f"(?:{clock.ISO}|{clock.TIME})")

FORMS = (
    _form("hdfs", rf"{_HADOOP} \d+ (?P<level>[A-Z]+) (?P<source>\S+?): ", clock.hadoop),
    _form(
        "bluegene",
        r"\S+ \d{10} \d{4}\.\d\d\.\d\d \S+ "
        rf"{_BLUE_GENE} \S+ \S+ (?P<source>\S+) (?P<level>[A-Z]+) ",
        clock.blue_gene,
    ),
    _form("cluster", rf"\S+ \d{{10}} \d{{4}}\.\d\d\.\d\d \S+ {_SYSLOG} \S+ {_UNIT}"),
    _form("cluster", rf"\S+ \d{{10}} \d{{4}}\.\d\d\.\d\d \S+ {_SYSLOG} \S+ "),
    _form(
        "hpc",
        rf"\d+ [\w.\-\[\] ]{{1,40}}? (?P<source>[a-z]\w*(?:\.\w+)*) \S+ {_EPOCH} \d+ ",
        clock.epoch,
    ),
    _form("windows", rf"{_ISO}, (?P<level>[A-Z][a-z]+) +(?P<source>[A-Z]\w*) +"),
    _form(
        "android",
        rf"{_ANDROID} +\d+ +\d+ (?P<level>[VDIWEFS]) (?P<source>.+?) *: ",
    ),
    _form("health", rf"{_HEALTH}\|(?P<source>[^|]+)\|\d+\|"),
    _form("proxy", rf"\[{_PROXY}\] (?P<source>\S+(?: \*64)?) - "),
    _form(
        "apache",
        rf"\[{_APACHE}\] \[(?:(?P<source>\w+):|:)?(?P<level>\w+)\] (?:\[pid [^\]]*\] )?",
    ),
    _form(
        "nginx",
        rf"{_SLASHED} \[(?P<level>\w+)\] (?P<source>)\d+#\d+: ",
    ),
    _form("access", rf"\S+ \S+ [^\[\n]{{1,80}}? \[{_ACCESS}\] "),
    _form("zookeeper", rf"{_ISO} - (?P<level>[A-Z]+) +\[[^:\n]*:(?P<source>.*?)@\d+\] - "),
    _form(
        "openstack",
        rf"(?:\S+ )?{_ISO} \d+ (?P<level>[A-Z]+) (?P<source>[\w.]+) \[(?:req-[^\]]*|-)\] ",
    ),
    _form(
        "spring",
        rf"{_ISO}\s+(?P<level>[A-Z]+) \d+ --- (?:\[[^\]]*\] ?)+(?P<source>\S+)\s*: ",
    ),
    _form("spark", rf"{_SHORT} (?P<level>[A-Z]+) (?P<source>[^\s:]+): "),
    _form(
        "log4j",
        rf"{_ISO_OR_TIME}\s+{_LEVEL}\s+\[[^\n]{{0,120}}?\] (?P<source>{_NAME})(?::| -) ",
    ),
    _form("logback", rf"{_ISO_OR_TIME} \[[^\]\n]*\] {_LEVEL}\s+(?P<source>\S+) - "),
    _form("postgres", rf"{_ISO_ZONE} \[\d+\](?: \S+@\S+)? {_POSTGRES}: +"),
    _form(
        "mysql",
        rf"{_ISO} \d+ \[(?P<level>\w+)\] (?:\[MY-\d+\] \[(?P<source>\w+)\] )?",
    ),
    _form("redis", rf"\d+:[XCSM] {_REDIS} (?P<level>[.\-*#]) "),
    _form(
        "klog",
        r"(?P<level>[IWEF])"
        + _time(r"\d{4} \d\d:\d\d:\d\d\.\d+")
        + r"\s+\d+ (?P<source>[^\]:]+):\d+\] ",
    ),
    _form("ruby", rf"[DIWEFA], \[{_ISO} #\d+\]\s+(?P<level>\w+) -- (?P<source>[^:]*): "),
    _form("airflow", rf"\[{_ISO}\] \{{(?P<source>[^:}}]+)[^}}]*\}} (?P<level>[A-Z]+) - "),
    _form("elastic", rf"\[{_ISO}\]\[(?P<level>\w+) *\]\[(?P<source>[^\]]+?) *\] "),
    _form("gunicorn", rf"\[{_ISO}\] \[\d+\] \[(?P<level>\w+)\] "),
    _form("celery", rf"\[{_ISO}: (?P<level>[A-Z]+)/(?P<source>[^\]]+)\] "),
    _form("prefect", rf"{_ISO_OR_TIME} \| {_LEVEL}\s*\| (?P<source>[^\n]{{1,120}}?) - "),
    _form("rfc5424", rf"<\d+>\d {_ISO} \S+ (?P<source>\S+) \S+ \S+ (?:-|\[[^\n]*?\]) ?"),
    _form("actions", rf"{_ISO} ##\[(?P<level>error|warning|notice|debug)\]"),
    _form("container", rf"{_ISO} (?P<source>std(?:out|err)) [FP] "),
    _form("syslog", rf"(?:<\d+>)?(?:{_SYSLOG}) \S+ {_UNIT}"),
    _form("syslog", rf"(?:<\d+>)?(?:{_SYSLOG}) \S+ (?:(?P<source>last message) repeated )?"),
    _form("journald", rf"{_ISO} [\w.\-]+ (?P<source>[\w.@/\-]+)\[\d+\]: "),
    _form("airbyte", rf"{_ISO} (?P<source>[\w.\-]+) > (?:{_LEVEL} )?"),
    _form("airbyte", rf"{_ISO} {_LEVEL} (?P<source>\S+?)(?:\(\S*\))?:\d+ - "),
    _form("python", rf"{_ISO} - (?P<source>[\w.\-]+) - {_LEVEL} - "),
    _form("python", r"(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL):(?P<source>[\w.\-]+):"),
    _form("dbt", rf"{_TIME}  (?=\d+ of \d+ (?P<level>ERROR|FAIL|WARN) )"),
    _form("dbt", rf"{_TIME} (?: |(?= ?\[))(?:\[{_LEVEL} *\] \[(?P<source>[^\]]*)\]: )?"),
    _form(
        "timed",
        rf"[\[(<]?{_ANY}[\])>|,:\s\-]*(?:\[?\d{{1,8}}\]?[\s:|\-]+)?"
        rf"(?:\[[^\]\n]{{0,80}}\][\s:|\-]*)?[\[(<|]?{_LEVEL}(?![\w.])[\])>|:]*[\s|:\-]*"
        rf"(?:\[\d+\] ?)?(?:(?P<open>\[)?(?P<source>{_NAME})(?(open)\])(?::\d+)?"
        # What stands in brackets needs no sign behind it.
        r"(?(open)(?::| -| \|)?|(?::| -| \|)) )?",
        is_vague=True,
    ),
    _form(
        "timed",
        rf"[\[(<]?{_ANY}[\])>|,:\s\-]+[\[(]?(?P<source>{_NAME})[\])]?(?:\[\d+\])?[\s:|\-]+"
        rf"[\[(<]?(?P<level>{LEVELS})\b[\])>|:]*[\s|:\-]*",
        is_vague=True,
    ),
    _form(
        "timed",
        rf"[\[(<]?{_ANY}[\])>]?(?:[|:\s\-]+|$)(?:(?P<source>{_NAME})(?:\[\d+\])?: )?",
        is_vague=True,
    ),
    _form(
        "levelled",
        rf"[\[(<]?(?P<level>{LEVELS})[\])>]?(?:\s*[:|\-]|\s{{2,}}|\s(?=[\[\d])|(?<=\])\s)\s*"
        rf"(?:[\[(]?{_ANY}[\])]?[\s:|\-]*)?(?:(?P<source>{_NAME})(?::| -) )?",
        is_vague=True,
    ),
    _form("npm", r"(?P<source>npm) (?P<level>ERR!|WARN|error|warn|notice|info) "),
)
