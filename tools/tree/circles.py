"""Circles of calls between the .c files of a room: who uses which function of which file, and the strongly connected
components of that. A function's name counts as used wherever it stands in code, in a table of functions too."""

import re

from tree.source import WORD

CLEANUP = re.compile(r"^DEFINE_CLEANUP\([^,]*,\s*(\w+)\)", re.M)


def homes(files):
    """Per room: exported function -> its .c file; and per room what inline functions of headers use."""
    defined, inline = {}, {}
    for source in files.values():
        if source.path.endswith(".c"):
            for f in source.functions:
                if not f.static:
                    defined.setdefault(source.room, {})[f.name] = source.path
        else:
            words = inline.setdefault(source.room, {})
            for f in source.functions:
                words[f.name] = set(WORD.findall(f.body))
            for name in CLEANUP.findall(source.flat):
                words[name + "p"] = {name}
    return defined, inline


def uses(source, defined, inline):
    """File -> the functions of that file which this one uses."""
    own = {f.name for f in source.functions}
    words = set(WORD.findall(source.flat)) - own
    more = words
    while more:
        more = set().union(*(inline[w] for w in more if w in inline)) - words
        words = words | more
    found = {}
    for name in sorted(words - own):
        home = defined.get(name)
        if home and home != source.path:
            found.setdefault(home, []).append(name)
    return found


def graph_of(files):
    defined, inline = homes(files)
    return {s.path: uses(s, defined.get(s.room, {}), inline.get(s.room, {}))
            for s in files.values() if s.path.endswith(".c")}


def components(graph):
    """Strongly connected components of more than one file, each sorted (Tarjan)."""
    index, low, stack, found = {}, {}, [], []

    def visit(v):
        index[v] = low[v] = len(index)
        stack.append(v)
        for w in graph.get(v, ()):
            if w not in index:
                visit(w)
                low[v] = min(low[v], low[w])
            elif w in stack:
                low[v] = min(low[v], index[w])
        if low[v] == index[v]:
            part = []
            while not part or part[-1] != v:
                part.append(stack.pop())
            if len(part) > 1:
                found.append(sorted(part))

    for v in sorted(graph):
        if v not in index:
            visit(v)
    return sorted(found)
