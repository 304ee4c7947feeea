"""The order of locks: which one is taken while which is held, from the text of each function, through its calls and
through tables of functions (what a table or an assignment names for a field is what a call of the field may reach). A
lock that a function returns with is not seen beyond it, nor is a function that is handed over as an argument: such
pairs stand in the list in words. The list is docs/design.md's, outermost first."""

import re

from tree.fields import FIELD, returns, struct_at, structs_of
from tree.source import room_of

PART = r"(?<!\w)[A-Za-z_]\w*(?:\[[^\]]*\])?"
CHAIN = PART + r"(?:(?:->|\.)" + PART + r")*"
EVENT = re.compile(r"pthread_(?:mutex|rwlock)_((?:try)?(?:rd|wr)?lock|unlock)\(&?(" + CHAIN + r")\)|(" + CHAIN +
                   r")(?=\()|([{}])|\b(?:return|goto|break|continue)\b")
TABLE = re.compile(r"\bstruct (\w+)(?: \w+(?:\[\w*\])* =|\)) ?\{([^{}]*)\}")
ENTRY = re.compile(r"\.(\w+)\s*=\s*(\w+)\b")
STORE = re.compile(r"(" + PART + r"(?:(?:->|\.)" + PART + r")+)\s*=\s*(\w+);")


DESIGN = "docs/design.md"


def listed(text):
    """The locks of the section "Locks", in its order."""
    section = re.search(r"^## Locks$(.*?)(?=^## |\Z)", text, re.M | re.S)
    rows = re.findall(r"^\| (`[^|]+) \|", section.group(1), re.M) if section else []
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


def check_locks(files, text, breach):
    order = listed(text)
    place = {name: i for i, name in enumerate(order)}
    for name in sorted(declared(files) - set(order)):
        breach("", 0, f"{DESIGN}: the lock {name} has no place in the order of locks")
    for name in sorted(set(order) - declared(files)):
        breach("", 0, f"{DESIGN}: there is no lock {name}")
    for (held, taken), where in sorted(Walk(files).edges().items()):
        if held in place and taken in place and place[taken] < place[held]:
            breach("", 0, f"{DESIGN}: {taken} comes before {held}, but is taken while that is held in {where}")


def declared(files):
    """Every lock: struct.field, or file.c:name of one that stands alone."""
    shared, private = structs_of(files)
    found = set()
    for source in files.values():
        for m in re.finditer(r"^(?:typedef )?struct (\w+) \{\n(.*?)^\}", source.flat, re.M | re.S):
            found.update(f"{m.group(1)}.{n}" for n in re.findall(r"^\s+pthread_(?:mutex|rwlock)_t\s+(\w+)", m.group(2), re.M))
        found.update(f"{source.path}:{n}" for n in re.findall(r"^static pthread_(?:mutex|rwlock)_t\s+(\w+)", source.flat, re.M))
    return found


class Walk:
    """The functions of a tree as events in their order: locks, unlocks, calls with what they may reach, braces."""

    def __init__(self, files):
        self.by_name, self.tables, self.events = {}, {}, {}
        self.structs, self.calls = structs_of(files), returns(files)
        for source in files.values():
            for f in source.functions:
                self.by_name.setdefault(f.name, []).append((source.path, f.static and source.path.endswith(".c")))
        for source in files.values():
            for struct, body in TABLE.findall(source.flat):
                for field, name in ENTRY.findall(body):
                    self.tables.setdefault((struct, field), set()).update(self.resolve(source.path, name))
        for source in files.values():
            shared, private = self.structs
            structs = {**shared, **private.get(source.path, {})}
            top = {n: s for s, _, n in FIELD.findall(re.sub(r"^[ \t].*$", "", source.flat, flags=re.M))}
            for f in source.functions:
                types = {**top, **{n: s for s, _, n in FIELD.findall(f.head + "\n" + f.body)}}
                for chain, name in STORE.findall(f.body):
                    if name in self.by_name and (at := struct_at(chain, types, structs, self.calls)):
                        self.tables.setdefault(at, set()).update(self.resolve(source.path, name))
                self.events[source.path, f.name] = list(self.read(source.path, f.body, types, structs))
        for key, events in self.events.items():  # calls of fields, now that all tables are known
            self.events[key] = [(kind, name, self.tables.get(to, ()) if isinstance(to, tuple) else to)
                                for kind, name, to in events]

    def resolve(self, path, name):
        """What a name means in a file: its own, its room's, or any that is exported."""
        homes = [home for home, private in self.by_name.get(name, ()) if not private or home == path]
        near = [h for h in homes if h == path] or [h for h in homes if room_of(h) == room_of(path)] or homes
        return [(home, name) for home in near]

    def read(self, path, body, types, structs):
        for m in EVENT.finditer(body):
            chain = m.group(2) or m.group(3)
            at = struct_at(chain, types, structs, self.calls) if chain and re.search(r"->|\.", chain) else None
            if m.group(1):
                yield ("unlock" if m.group(1) == "unlock" else "lock"), ".".join(at) if at else f"{path}:{chain}", []
            elif m.group(3):
                yield "call", chain, at or self.resolve(path, chain)
            else:
                yield m.group(4) or "leave", "", []

    def takes(self):
        """Function -> the locks that it takes, itself or by its calls."""
        found = {k: {n for kind, n, _ in events if kind == "lock"} for k, events in self.events.items()}
        callers = {}
        for key, events in self.events.items():
            for _, _, targets in events:
                for target in targets:
                    callers.setdefault(target, set()).add(key)
        todo = [k for k, locks in found.items() if locks]
        while todo:
            key = todo.pop()
            for caller in callers.get(key, ()):
                if not found[key] <= found[caller]:
                    found[caller] |= found[key]
                    todo.append(caller)
        return found

    def edges(self):
        """(held, taken) -> where that happens. A lock that is given back for a while and taken again is no edge."""
        takes, found = self.takes(), {}

        def note(held, taken, where):
            for h in held:
                if h != taken:
                    found.setdefault((h, taken), where)

        for (_, function), events in self.events.items():
            held, blocks, leaves = [], [], False
            for kind, name, targets in events:
                if kind == "lock":
                    note(held, name, function)
                    held = held + [name]
                elif kind == "unlock":
                    held = [h for h in held if h != name]
                elif kind == "{":
                    blocks.append(held)
                elif kind == "}":  # what a block that leaves the function has given back is still held behind it
                    before = blocks.pop() if blocks else []
                    held = before if leaves else held
                for target in targets if held else ():
                    for taken in takes[target]:
                        note(held, taken, f"{function} by {name}")
                leaves = kind == "leave" or (leaves and kind == "call")
        return found
