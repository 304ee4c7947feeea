"""What comments name has to exist: names with an underscore, calls(), files.c and files.h."""

import re

from tree.source import line_of

NAMED = re.compile(r"(?<![\w.$@/<-])(?:[\w/]*\w\.[ch]\b|[A-Za-z]\w*\(\)|[A-Za-z][A-Za-z0-9]*_\w+(?:[*…])?)")
WORD = re.compile(r"[A-Za-z_]\w*")

def known_names(files, others):
    """Every word outside of comments: of src, and of the given texts of proto/ and tests/."""
    known = set()
    for source in files.values():
        text = list(source.text)
        for m in source.noise:
            if m.group(0)[0] == "/":
                text[m.start():m.end()] = " " * (m.end() - m.start())
        known.update(WORD.findall("".join(text)))
    for text in others:
        known.update(WORD.findall(text))
    return known


def pasted(files):
    """Prefixes and ends that macros paste names from: CONFIG_##name, name##_ms."""
    code = "\n".join(s.code for s in files.values())
    return (tuple(set(re.findall(r"(\w+)##\w", code))), tuple(set(re.findall(r"\w##(\w+)", code))))


def exists(name, known, paths, starts, ends):
    if name.endswith((".c", ".h")):
        name = name.removeprefix("src/")
        return name in paths or any(p.endswith("/" + name) for p in paths)
    name = name.removesuffix("()")
    if name[-1] in "*…" or name.endswith("_"):
        stem = name.rstrip("*…")
        return any(k.startswith(stem) for k in known)
    return name in known or any(name.startswith(s) and name[len(s):] in known for s in starts) or any(
        name.endswith(e) and name[:-len(e)] in known for e in ends)


def unknown(files, others, outside):
    """(path, line, name) of what is named and is not there. outside: names of the C library, DuckDB, PostgreSQL …"""
    known = known_names(files, others) | {w.removesuffix("()") for w in outside}
    paths = set(files) | {w for w in outside if w.endswith((".c", ".h"))}
    starts, ends = pasted(files)
    for source in files.values():
        for line, text in source.comments:
            for m in NAMED.finditer(text):
                if not exists(m.group(0), known, paths, starts, ends):
                    yield source.path, line + line_of(text, m.start()) - 1, m.group(0)
