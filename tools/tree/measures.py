"""The house in numbers. tools/measure prints them; those that tools/tree/allowed names may only get better."""

import re
import statistics

ASSERT = re.compile(r"(?<![\w.])assert\s*\(")


def comment_share(c_files):
    """Of the characters of the .c files, those in comments: per cent."""
    inside = sum(len(text) for s in c_files for _, text in s.comments)
    return 100 * inside / max(1, sum(len(s.text) for s in c_files))


def measures(files):
    """Name -> (value, what it counts), in the order of the report."""
    c_files = [s for s in files.values() if s.path.endswith(".c")]
    lengths = [s.text.count("\n") for s in c_files] or [0]
    functions = sorted(f.lines for s in files.values() for f in s.functions) or [0]
    prototypes = [p for s in files.values() if s.path.endswith(".h") for p in s.prototypes]
    own = {(p.path, p.name) for p in prototypes}
    exported = {p.name for p in prototypes}
    elsewhere = [f for s in c_files for f in s.functions
                 if not f.static and f.name in exported and own.isdisjoint((s.path[:-2] + end, f.name) for end in (".h", "_priv.h"))]
    asserts = sum(len(ASSERT.findall(s.flat)) for s in c_files)
    return {
        "file_median": (statistics.median(lengths), "lines of a .c, median"),
        "file_longest": (max(lengths), "lines of the longest .c"),
        "function_median": (statistics.median(functions), "lines of a function, median"),
        "function_p90": (functions[int(0.9 * (len(functions) - 1))], "lines of a function, nine in ten have at most"),
        "function_longest": (functions[-1], "lines of the longest function"),
        "declared_elsewhere": (len(elsewhere), "calls declared in another header than their file's own"),
        "contracts": (100 * sum(p.contract for p in prototypes) / max(1, len(prototypes)),
                      "prototypes with their contract right above, per cent"),
        "asserts": (1000 * asserts / max(1, sum(lengths)), "asserts in 1,000 lines of .c"),
        "comments": (comment_share(c_files), "characters of .c in comments, per cent"),
    }
