"""A gateway with workers behind it, as several tests want it."""

import contextlib
import re
import signal

from conftest import SANITIZED, Server, Worker
from measure import wait_for


@contextlib.contextmanager
def house(workers=2, *options):
    """A gateway that notices within seconds."""
    with Server("--worker-client-timeout", "8s" if SANITIZED else "2s", *options, workers=workers) as s:
        wait_for(lambda: s.metric("tavana_gateway_workers_attached") == workers, 10)
        yield s


def sessions_of(worker):
    return worker.metric("tavana_worker_sessions")


def busy(s):
    """The worker that has a stream under way."""
    wait_for(lambda: any(w.metric("tavana_worker_streams") for w in s.workers), 10)
    return next(w for w in s.workers if w.metric("tavana_worker_streams"))


def restart(s, worker, **kw):
    """The same address, another process."""
    i = s.workers.index(worker)
    fresh = Worker(port=worker.port, **kw)
    fresh.wait_ready()
    s.workers[i] = fresh
    return fresh


def kill(worker):
    worker.process.send_signal(signal.SIGKILL)
    worker.process.wait(10)
    worker.__class__ = Dead


class Dead(Worker):
    def stop(self, *_, **__):
        return 0


def labelled(s, name):
    """A gauge of each worker, by its address."""
    return {m[1]: float(m[2]) for m in re.finditer(rf'^{name}{{worker="([^"]*)"}} (\S+)$', s.get("/metrics")[1], re.M)}


def running(s):
    return sum(labelled(s, "tavana_gateway_worker_running").values())
