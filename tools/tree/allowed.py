"""tools/tree/allowed: what src/ may have all the same, each with its reason, and the measures that may not get worse."""

import os

KINDS = ("circle", "headerless", "assert", "value", "seam", "field", "name", "most", "least")


class Allowed:
    """Lines "kind: words # reason", by kind as (words, reason). A clone without the file allows nothing."""

    def __init__(self, text=""):
        self.lines = {kind: [] for kind in KINDS}
        self.wrong = []
        for number, line in enumerate(text.split("\n"), 1):
            rule, _, reason = line.partition("#")
            kind, _, words = rule.partition(":")
            if kind.strip() in self.lines:
                self.lines[kind.strip()].append((words.split(), reason.strip()))
            elif rule.strip():
                self.wrong.append((number, line))

    def __getitem__(self, kind):
        return self.lines[kind]

    def words(self, kind):
        return {word for words, _ in self.lines[kind] for word in words}

    def numbers(self, kind):
        return {words[0]: float(words[1]) for words, _ in self.lines[kind]}


def read_allowed(path="tools/tree/allowed"):
    if not os.path.exists(path):
        return Allowed()
    with open(path, encoding="utf-8") as f:
        return Allowed(f.read())
