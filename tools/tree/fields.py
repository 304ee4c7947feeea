"""Which fields of which struct are written from which .c files. A chain like s->at.portal is followed through the
declarations of the function and the fields of the structs; what it begins with a call of is known by its prototype.
Initializers of a new struct are not counted, nor is what macros write."""

import re

STRUCT = re.compile(r"^(?:typedef )?(?:struct|union) (\w+) \{\n(.*?)^\}", re.M | re.S)
INNER = re.compile(r"(?:struct|union)(?: \w+)? \{([^{}]*)\}([^;]*);")
FIELD = re.compile(r"\bstruct (\w+)\s+(\*?\*?)\s*(\w+)")
ATOM = r"(?:[A-Za-z_]\w*(?:\([^()]*(?:\([^()]*\)[^()]*)*\))?(?:\[[^\]]*\])*)"
CHAIN = ATOM + r"(?:(?:->|\.)" + ATOM + r")+"
WRITE = re.compile(r"(?<![\w.>])\*?(" + CHAIN + r")\s*(?:=(?!=)|[-+|&^*/%]=|<<=|>>=|\+\+|--)")
STEP = re.compile(r"(?:\+\+|--)(" + CHAIN + ")")
ATOMIC = re.compile(r"\b(?:__atomic_(?!load)\w+|atomic_(?!load)\w+)\(&(" + CHAIN + ")")


def parse_fields(body):
    """Field -> the struct that it is or points to ("" for others); an inner struct without a name gives its fields."""
    found = {}
    while (m := INNER.search(body)):
        inner = parse_fields(m.group(1))
        names = re.findall(r"\w+", re.sub(r"\[[^\]]*\]", "", m.group(2)))
        found.update({n: inner for n in names} if names else inner)
        body = body[:m.start()] + body[m.end():]
    for line in body.split(";"):
        struct = re.search(r"\bstruct (\w+)", line)
        line = re.sub(r"\[[^\]]*\]|\([^*].*|:\s*\w+\s*$", "", line)
        for part in line.split(","):
            name = re.search(r"(\w+)\)?\s*$", part.strip())
            if name:
                found[name.group(1)] = struct.group(1) if struct else ""
    return found


def structs_of(files):
    """Struct -> its fields. A name that several .c files have is told apart by the file: "a.c name"."""
    shared, private = {}, {}
    for source in files.values():
        for m in STRUCT.finditer(source.flat):
            home = private.setdefault(source.path, {}) if source.path.endswith(".c") else shared
            home[m.group(1)] = parse_fields(m.group(2))
    return shared, private


def returns(files):
    """Function -> the struct that it returns or points to."""
    found = {}
    for source in files.values():
        for m in re.finditer(r"^(?:static )?(?:inline )?(?:const )?struct (\w+) \*?(\w+)\(", source.flat, re.M):
            found[m.group(2)] = m.group(1)
    return found


def struct_at(chain, types, structs, calls):
    """The struct whose field the chain ends in, by name, and the field; None when it is not known."""
    atoms = [re.match(r"\w+", a).group(0) for a in re.split(r"->|\.(?![^\[]*\])", chain)]
    called = re.match(r"\w+\(", chain)
    name = calls.get(atoms[0]) if called else types.get(atoms[0])
    fields = structs.get(name)
    for atom in atoms[1:-1]:
        if fields is None:
            return None
        at = fields.get(atom)
        if isinstance(at, dict):
            fields = at
        else:
            name, fields = at, structs.get(at)
    return (name, atoms[-1]) if fields and atoms[-1] in fields else None


def written(files):
    """(struct, field) -> the .c files that write it."""
    shared, private = structs_of(files)
    calls, found = returns(files), {}
    for source in files.values():
        if not source.path.endswith(".c"):
            continue
        structs = {**shared, **private.get(source.path, {})}
        top = {n: s for s, _, n in FIELD.findall(re.sub(r"^[ \t].*$", "", source.flat, flags=re.M))}
        for f in source.functions:
            types = {**top, **{n: s for s, _, n in FIELD.findall(f.head + "\n" + f.body)}}
            for pattern in (WRITE, STEP, ATOMIC):
                for m in pattern.finditer(f.body):
                    where = struct_at(re.sub(r"\s+", "", m.group(1)), types, structs, calls)
                    if where and where[0] not in private.get(source.path, {}):
                        found.setdefault(where, set()).add(source.path)
    return found
