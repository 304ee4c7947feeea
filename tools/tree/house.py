"""The rules about who knows whom: circles of calls, headers of their own, names in comments, asserts about a peer's
bytes, fields that many files write, and measures that may not get worse. Each breach is one line."""

import os
import re

from tree.circles import components, graph_of
from tree.fields import written
from tree.measures import ASSERT, measures
from tree.names import unknown
from tree.source import line_of

# Where bytes of a client, of a gateway or of a worker are taken apart: what they say is answered, not asserted.
PEER = re.compile(r"^(?:pgwire|sql|copy|auth)/|^rpc/(?:check|service\w*|client\w*)\.c$")
WRITERS_MAX = 2  # .c files that write a field
LIST = "tools/tree/allowed"


def check_circles(files, allowed, breach):
    graph = graph_of(files)
    circles = components(graph)
    listed = [(set(words), reason) for words, reason in allowed["circle"]]
    for circle in circles:
        if not any(set(circle) <= words for words, _ in listed):
            best = max((words for words, _ in listed), key=lambda words: len(words & set(circle)), default=set())
            for path in sorted(set(circle) - best):
                calls = [f"{other} ({names[0]})" for other, names in sorted(graph[path].items()) if other in circle]
                breach(path, 1, f"in a circle of calls: uses {', '.join(calls)}, and is used from there")
    inside = {path for circle in circles for path in circle}
    for words, reason in listed:
        for path in sorted(words - inside):
            breach(path, 1, f"is in no circle of calls any more: take it off {LIST}")
        if not reason:
            breach(min(words), 1, f"its circle has no reason in {LIST}")


def check_own_headers(files, allowed, breach):
    declared = {p.name for s in files.values() if s.path.endswith(".h") for p in s.prototypes}
    listed = allowed.words("headerless")
    for path, source in files.items():
        exported = [f.name for f in source.functions if not f.static and f.name in declared]
        lone = path.endswith(".c") and bool(exported) and path[:-2] + ".h" not in files
        if lone and path not in listed:
            breach(path, 1, f"exports {exported[0]}() and has no header of its own")
        elif not lone and path in listed:
            breach(path, 1, f"needs no leave to have no header of its own: take it off {LIST}")
    for path in sorted(listed - set(files)):
        breach(path, 1, f"is gone: take it off {LIST}")


def check_names(files, allowed, breach):
    for path, line, name in unknown(files, other_texts(), allowed.words("name")):
        breach(path, line, f"a comment names {name}, which does not exist")


def other_texts():
    """What proto/ and tests/ name."""
    for root in ("proto", "tests"):
        for directory, _, names in sorted(os.walk(root)):
            for name in names:
                if name.endswith((".c", ".h", ".py", ".proto", ".sql")):
                    with open(os.path.join(directory, name), encoding="utf-8", errors="replace") as f:
                        yield f.read()


def check_asserts(files, allowed, breach):
    listed, found = allowed.words("assert"), set()
    for path, source in files.items():
        for f in source.functions if PEER.search(path) and path.endswith(".c") else []:
            m = ASSERT.search(f.body)
            if m:
                found.add(f"{path}:{f.name}")
                if f"{path}:{f.name}" not in listed:
                    breach(path, f.end - f.body.count("\n") + line_of(f.body, m.start()) - 1,
                           f"assert() in {f.name}(), where a peer's bytes are read: answer them")
    for one in sorted(listed - found):
        breach(one.split(":")[0], 1, f"asserts nothing in {one.split(':')[1]}(): take it off {LIST}")


def shared_fields(files, allowed):
    """(field, its writers), of those with more than two. Not counted are values, which whoever makes one fills, and
    `ops`, which each implementation sets; of the structs of a seam, which several rooms implement, the files of one
    room are."""
    values, seams = allowed.words("value"), allowed.words("seam")
    for (struct, field), paths in sorted(written(files).items()):
        rooms = [[p for p in paths if p.startswith(room + "/")] for room in {os.path.dirname(p) for p in paths}]
        most = max(map(len, rooms)) if struct in seams else len(paths)
        if most > WRITERS_MAX and struct not in values and field != "ops":
            yield f"{struct}.{field}", sorted(paths)


def check_measures(files, allowed, breach):
    values = {name: value for name, (value, _) in measures(files).items()}
    fields = list(shared_fields(files, allowed))
    values["shared_fields"] = len(fields)
    for name, bound in allowed.numbers("most").items():
        if values[name] > bound:
            breach("", 0, f"{name} is {values[name]:.4g}, at most {bound:.4g} in {LIST} (see tools/measure)")
    for name, bound in allowed.numbers("least").items():
        if values[name] < bound:
            breach("", 0, f"{name} is {values[name]:.4g}, at least {bound:.4g} in {LIST} (see tools/measure)")


def check(files, allowed, breach):
    for number, line in allowed.wrong:
        breach("", 0, f"{LIST}:{number}: not understood: {line}")
    for rule in (check_circles, check_own_headers, check_names, check_asserts, check_measures):
        rule(files, allowed, breach)
