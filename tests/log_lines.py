"""Logs as programs write them, made up for the tests: a few lines of each form."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    """A log, and what its first line says besides 08:15:02: the level and the source."""

    name: str
    text: str
    level: str
    source: str
    records: int


def repeated(line: str, *changes: str) -> str:
    """The line with each of the changes in the place of `¤`, one a line."""
    return "\n".join(line.replace("¤", change) for change in changes) + "\n"


JOBS = ("load", "check", "store", "report")


def sample(name: str, level: str, source: str, line: str) -> Sample:
    return Sample(name, repeated(line, *JOBS), level, source, len(JOBS))


SAMPLES = (
    sample("prefect", "INFO", "Task run 'load_orders'",
           "2026-03-01 08:15:02,100 | INFO    | Task run '¤_orders' - Beginning the work"),
    sample("prefect", "WARNING", "prefect.engine",
           "08:15:02.100 | WARNING | prefect.engine - Flow ¤ is late"),
    sample("airbyte", "INFO", "source", "2026-03-01 08:15:02 source > INFO Reading ¤ of 40"),
    sample("airbyte", "INFO", "i.a.w.g.Worker",
           "2026-03-01 08:15:02 \x1b[32mINFO\x1b[m i.a.w.g.Worker(run):90 - Sync ¤"),
    sample("dbt", "", "", "08:15:02  1 of 4 START sql view model shop.¤ [RUN]"),
    sample("dbt", "debug", "MainThread",
           "08:15:02.123456 [debug] [MainThread]: Acquiring connection ¤"),
    sample("json", "warn", "shop",
           '{"time": "2026-03-01T08:15:02Z", "level": "warn", "logger": "shop", "msg": "Late ¤"}'),
    sample("json", "stderr", "",
           '{"log": "¤ is up\\n", "stream": "stderr", "time": "2026-03-01T08:15:02.5Z"}'),
    sample("json", "ERROR", "", '{"ts": 1772352902.5, "severity": "ERROR", "message": "No ¤"}'),
    sample("pairs", "info", "", 'time="2026-03-01T08:15:02Z" level=info msg="Started ¤"'),
    sample("syslog", "", "sshd", "Mar  1 08:15:02 web1 sshd[42]: Accepted key for ¤"),
    sample("syslog", "", "su", "<34>Mar  1 08:15:02 web1 su: pam_unix(su:auth): failure of ¤"),
    sample("rfc5424", "", "shop", "<34>1 2026-03-01T08:15:02.003Z web1 shop 77 ID47 - Order ¤"),
    sample("journald", "", "systemd",
           "2026-03-01T08:15:02+0530 web1 systemd[1]: Started ¤.service"),
    sample("nginx", "error", "",
           '2026/03/01 08:15:02 [error] 31#31: *7 open() "/srv/¤" failed (2: No such file)'),
    sample("access", "", "", '10.0.0.7 - - [01/Mar/2026:08:15:02 +0530] "GET /¤ HTTP/1.1" 502 157'),
    sample("apache", "error", "",
           "[Sun Mar 01 08:15:02 2026] [error] [client 10.0.0.7] No file: /¤"),
    sample("apache", "warn", "core",
           "[Sun Mar 01 08:15:02.123456 2026] [core:warn] [pid 7:tid 9] AH00: ¤"),
    sample("hdfs", "WARN", "dfs.DataNode$Receiver",
           "260301 081502 13 WARN dfs.DataNode$Receiver: Slow block ¤"),
    sample("spark", "INFO", "storage.Memory",
           "26/03/01 08:15:02 INFO storage.Memory: Block ¤ stored"),
    sample("zookeeper", "WARN", "5:Quorum$Send",
           "2026-03-01 08:15:02,001 - WARN  [Worker:5:Quorum$Send@688] - Leaving ¤"),
    sample("log4j", "INFO", "org.shop.Main",
           "2026-03-01 08:15:02,001 INFO [main] org.shop.Main: Created ¤"),
    sample("logback", "DEBUG", "org.shop.Cart",
           "08:15:02.001 [http-1] DEBUG org.shop.Cart - Cart ¤"),
    sample("spring", "INFO", "org.shop.App",
           "2026-03-01 08:15:02.001  INFO 9 --- [main] org.shop.App  : Started ¤"),
    sample("airflow", "INFO", "taskinstance.py",
           "[2026-03-01T08:15:02.001+0000] {taskinstance.py:90} INFO - Task ¤"),
    sample("celery", "ERROR", "MainProcess",
           "[2026-03-01 08:15:02,001: ERROR/MainProcess] Task ¤ raised"),
    sample("gunicorn", "INFO", "", "[2026-03-01 08:15:02 +0000] [7] [INFO] Booting ¤"),
    sample("python", "ERROR", "shop.cart", "2026-03-01 08:15:02,001 - shop.cart - ERROR - No ¤"),
    sample("postgres", "FATAL", "", "2026-03-01 08:15:02.001 UTC [31] shop@shop FATAL:  no role ¤"),
    sample("mysql", "Warning", "Server",
           "2026-03-01T08:15:02.001Z 0 [Warning] [MY-010068] [Server] CA ¤"),
    sample("redis", "#", "", "7:M 01 Mar 2026 08:15:02.001 # Server ¤"),
    sample("klog", "E", "reflector.go", "E0301 08:15:02.001001       7 reflector.go:90] Failed ¤"),
    sample("android", "D", "WindowManager",
           "03-01 08:15:02.001  1702  2395 D WindowManager: Opening ¤"),
    sample("windows", "Info", "CBS", "2026-03-01 08:15:02, Info                  CBS    Loaded ¤"),
    sample("health", "", "Step_LSC", "20260301-8:15:2:606|Step_LSC|30002312|onStep ¤"),
    sample("openstack", "INFO", "nova.wsgi",
           "api.log 2026-03-01 08:15:02.008 257 INFO nova.wsgi [req-3 1 2 - - -] GET ¤"),
    sample("bluegene", "FATAL", "KERNEL",
           "- 1772352902 2026.03.01 R02 2026-03-01-08.15.02.675872 R02 RAS KERNEL FATAL parity ¤"),
    sample("hpc", "", "unix.hw",
           "134681 node-246 unix.hw state_change.down 1772352902 1 Component ¤ is down (HWID=9)"),
    sample("cluster", "", "crond(pam_unix)",
           "- 1772352902 2026.03.01 dn2 Mar 1 08:15:02 dn2/dn2 crond(pam_unix)[29]: closed for ¤"),
    sample("syslog", "", "kernel", "Mar  1 08:15:02 lab-10 kernel[0]: Switch<0>(0x0)::call - ¤"),
    sample("proxy", "", "chrome.exe", "[03.01 08:15:02] chrome.exe - proxy.example:5070 ¤ HTTPS"),
    sample("log4j", "INFO", "org.shop.yarn.Allocator",
           "2026-03-01 08:15:02,001 INFO [Reader #1 for port 622] org.shop.yarn.Allocator: ¤"),
    sample("container", "", "stderr", "2026-03-01T08:15:02.123456789Z stderr F panic in ¤"),
    sample("timed", "ERROR", "", "2026-03-01 08:15:02 [ERROR] could not ¤"),
    sample("timed", "WARN", "", "[08:15:02] WARN: ¤ is slow"),
    sample("timed", "", "", "2026-03-01T08:15:02.1234567Z ##[group]Run ¤"),
)  # fmt: skip

PYTHON_TRACE = """\
2026-03-01 08:15:04,001 - shop.cart - ERROR - Order 7 failed
Traceback (most recent call last):
  File "cart.py", line 7, in load
    return prices[item]
KeyError: 'pear'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "cart.py", line 20, in main
    load(item)
shop.errors.CartError: no price
"""
JAVA_TRACE = """\
2026-03-01 08:15:04,001 ERROR [main] org.shop.Cart: Order 7 failed
org.shop.CartException: no price
\tat org.shop.Cart.load(Cart.java:7)
\tat org.shop.Main.main(Main.java:20)
Caused by: java.sql.SQLException: no table prices
\tat org.db.Driver.ask(Driver.java:99)
\t... 2 more
"""
NODE_TRACE = """\
2026-03-01T08:15:04.001Z ERROR order 7 failed
TypeError: Cannot read properties of undefined (reading 'price')
    at load (/srv/cart.js:7:11)
    at main (/srv/main.js:20:3)
"""


def busy_python(lines: int) -> str:
    """A log of a shop: mostly quiet, with a trace in the middle and a failure at its end."""
    quiet = [
        f"2026-03-01 08:{number // 60 % 60:02}:{number % 60:02},000 - shop.cart - INFO - "
        f"Order {number} of customer c{number * 7 % 97} took {number % 50} ms"
        for number in range(lines)
    ]
    middle = lines // 2
    end = f"2026-03-01 08:{lines // 60 % 60:02}:{lines % 60:02},000 - shop - CRITICAL - Giving up\n"
    before, after = "\n".join(quiet[:middle]), "\n".join(quiet[middle:])
    return f"{before}\n{PYTHON_TRACE}{after}\n{end}"
