"""Reads a result as users do, with psycopg, asyncpg or psql, and prints how long it took as JSON.
    clients.py psycopg|asyncpg|psql PORT USER DATABASE SQL"""

import asyncio
import json
import resource
import subprocess
import sys
import time

BATCH = 10000


def read_psycopg(port, user, database, sql):
    import psycopg
    with psycopg.connect(host="127.0.0.1", port=port, user=user, dbname=database) as c:
        at, first, n = time.perf_counter(), None, 0
        cursor = c.cursor("c", binary=True)
        cursor.itersize = BATCH
        cursor.execute(sql)
        for _ in cursor:
            first = first or time.perf_counter() - at
            n += 1
        return n, first, time.perf_counter() - at


async def read_asyncpg(port, user, database, sql):
    import asyncpg
    c = await asyncpg.connect(host="127.0.0.1", port=port, user=user, database=database)
    at, first, n = time.perf_counter(), None, 0
    async with c.transaction():
        cursor = await c.cursor(sql)
        while rows := await cursor.fetch(BATCH):
            first = first or time.perf_counter() - at
            n += len(rows)
    taken = time.perf_counter() - at
    await c.close()
    return n, first, taken


def read_psql(port, user, database, sql):
    at = time.perf_counter()
    with subprocess.Popen(["psql", "-X", "-A", "-t", "-v", f"FETCH_COUNT={BATCH}", "-h", "127.0.0.1", "-p", port, "-U", user, "-d", database, "-c", sql],
                          stdout=subprocess.PIPE) as p:
        first, n = None, 0
        while piece := p.stdout.read1(1 << 20):
            first = first or time.perf_counter() - at
            n += piece.count(b"\n")
    if p.returncode != 0:
        raise SystemExit("psql failed")
    return n, first, time.perf_counter() - at


def cpu():
    """Of this process and of its child."""
    return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def main():
    what, *where = sys.argv[1:]
    before = cpu()
    n, first, taken = {"psycopg": read_psycopg, "psql": read_psql, "asyncpg": lambda *a: asyncio.run(read_asyncpg(*a))}[what](*where)
    print(json.dumps({"rows": n, "seconds": taken, "first_row_ms": first * 1e3, "cpu_s": cpu() - before}))


if __name__ == "__main__":
    main()
