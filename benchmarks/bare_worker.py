"""Celery with nothing around it: each task adds one to a counter of the broker."""

import os

from celery import Celery
from redis import Redis

app = Celery("bare", broker=os.environ["CELERY_BROKER_URL"])
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=1, task_default_queue="bare")
counter = Redis.from_url(os.environ["CELERY_BROKER_URL"])
DONE = "bare-done"


@app.task(name="bare.count")  # type: ignore[untyped-decorator]
def count() -> None:
    counter.incr(DONE)


if __name__ == "__main__":
    options = ("--pool=threads", "--concurrency=8", "--without-gossip")
    app.worker_main(["worker", "-Q", "bare", *options, "--without-mingle"])
