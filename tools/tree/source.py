"""The C of src/ as the rules need it: code without comments and strings, functions, prototypes, structs, comments.
Relies on the layout of .clang-format: a function's braces stand at the left margin, nothing else's do."""

import functools
import os
import re

NOISE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*', re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
BODY = re.compile(r"^\{\n(.*?)^\}", re.M | re.S)
ATTRIBUTE = re.compile(r"__attribute__\s*\(\(.*?\)\)|_Noreturn|_Thread_local")
STATIC = re.compile(r"\b(?:static|PART)\b")  # PART of encode/kernel.c: static, for several targets
WORD = re.compile(r"(?<![\w.])(?<!->)[A-Za-z_]\w*")
HEADING = re.compile(r"/\* (?:---+ .*|[a-z_]+\.c) \*/")  # of a part of a header: no contract
PROTOTYPE = re.compile(r"^(?!typedef|static|return|#|DEFINE_)[A-Za-z_][\w \t\n*]*?\b([A-Za-z_]\w*)\(([^;{}]*)\)[^;{}()]*(?:\([^;]*\))*;", re.M)


def blank(m):
    return re.sub(r"[^\n]", " ", m.group(0))


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def room_of(path):
    return os.path.dirname(path) or "."


def hollow(code):
    """What stands inside of braces, blanked."""
    out, depth = [], 0
    for piece in re.split(r"([{}])", code):
        depth -= piece == "}"
        out.append(piece if depth == 0 else re.sub(r"[^\n]", " ", piece))
        depth += piece == "{"
    return "".join(out)


def name_before(head):
    """The name that the argument list at the end of head belongs to, and where it stands."""
    depth = 0
    for at in range(len(head) - 1, -1, -1):
        depth += (head[at] == ")") - (head[at] == "(")
        if depth == 0:
            m = re.search(r"([A-Za-z_]\w*)\s*$", head[max(0, at - 100):at])
            return (m.group(1), max(0, at - 100) + m.start()) if m and head[at] == "(" else (None, 0)
    return None, 0


class Function:
    def __init__(self, path, name, static, head, body, start, end):
        self.path, self.name, self.static, self.head, self.body = path, name, static, head, body
        self.start, self.end = start, end  # lines, of its first word and of its closing brace

    @property
    def lines(self):
        return self.end - self.start + 1


class Prototype:
    def __init__(self, path, name, line, contract):
        self.path, self.name, self.line, self.contract = path, name, line, contract


class Source:
    """One file: text as written; code: comments and strings blanked, lines kept; flat: directives blanked too."""

    def __init__(self, path, text):
        self.path, self.text = path, text
        self.room = room_of(path)

    @functools.cached_property
    def code(self):
        return NOISE.sub(blank, self.text)

    @functools.cached_property
    def flat(self):
        return DIRECTIVE.sub(blank, self.code)

    @functools.cached_property
    def noise(self):
        """Comments, strings and characters, in their order."""
        return list(NOISE.finditer(self.text))

    @functools.cached_property
    def comments(self):
        """(line, text) of each comment."""
        return [(line_of(self.text, m.start()), m.group(0)) for m in self.noise if m.group(0)[0] == "/"]

    @property
    def top(self):
        """The comment that the file begins with, in one line."""
        first = self.noise[0].group(0) if self.noise and self.noise[0].start() == 0 else ""
        return re.sub(r"\s*\n \*\s*", " ", first)

    @functools.cached_property
    def functions(self):
        found = []
        for m in BODY.finditer(self.flat):
            head = ATTRIBUTE.sub(blank, self.flat[:m.start()]).rstrip()
            name, at = name_before(head)
            if name:
                first = head.rfind("\n", 0, at) + 1
                if first == at:  # the type stands in a line of its own
                    first = head.rfind("\n", 0, at - 1) + 1
                found.append(Function(self.path, name, bool(STATIC.search(head, first, at)), head[first:], m.group(1),
                                      line_of(self.flat, first), line_of(self.flat, m.end() - 1)))
        return found

    @functools.cached_property
    def prototypes(self):
        """Of a header: the calls that it declares, and whether a comment stands right above each."""
        found = []
        flat = hollow(self.flat)
        lines = self.text.split("\n")
        for m in PROTOTYPE.finditer(flat):
            line = line_of(flat, m.start())
            above = lines[line - 2].rstrip() if line > 1 else ""
            found.append(Prototype(self.path, m.group(1), line, above.endswith("*/") and not HEADING.match(above)))
        return found


def read_tree(root="src"):
    """Every file of src by its path below it, as in an include."""
    files = {}
    for directory, _, names in sorted(os.walk(root)):
        for name in sorted(names):
            if name.endswith((".c", ".h", ".inc")):
                path = os.path.join(directory, name)
                with open(path, encoding="utf-8") as f:
                    files[os.path.relpath(path, root)] = Source(os.path.relpath(path, root), f.read())
    return files
