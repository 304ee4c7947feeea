"""tools/check_tree finds what it is there to find: each test is a small tree with one breach, or none."""

import pathlib
import subprocess
import tempfile
import unittest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools/check_tree"


def header(path, body=""):
    guard = "TAVANA_" + path.replace("/", "_").replace(".", "_").upper()
    return f"#ifndef {guard}\n#define {guard}\n{body}\n#endif\n"


def check(files):
    with tempfile.TemporaryDirectory() as clone:
        for path, text in files.items():
            file = pathlib.Path(clone, "src", path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        result = subprocess.run([TOOL, clone], capture_output=True, text=True, check=False)
        return result.returncode, result.stdout


class CheckTree(unittest.TestCase):
    def finds(self, files, breach):
        code, output = check(files)
        self.assertEqual(code, 1, output)
        self.assertIn(breach, output)
        self.assertEqual(len(output.splitlines()), 1, output)

    def test_a_good_tree(self):
        code, output = check({
            "base/a.h": header("base/a.h"),
            "base/a.c": '#include "base/a.h"\n/* free(p) in a comment */ const char *s = "malloc(1)";\n',
            "net/b_priv.h": header("net/b_priv.h", '#include "base/a.h"'),
            "net/b.c": '#include "net/b_priv.h"\n#include <openssl/ssl.h>\n',
        })
        self.assertEqual((code, output), (0, "check_tree: 4 files keep the rules\n"))

    def test_layers(self):
        self.finds({"base/a.c": '#include "net/b.h"\n', "net/b.h": header("net/b.h")},
                   "src/base/a.c:1: base/ may not include net/b.h")

    def test_single_headers_of_a_room(self):
        self.finds({"session/a.c": '#include "net/conn.h"\n#include "net/http.h"\n',
                    "net/conn.h": header("net/conn.h"), "net/http.h": header("net/http.h")},
                   "src/session/a.c:2: session/ may not include net/http.h")

    def test_private_headers(self):
        self.finds({"net/a.c": '#include "base/b_priv.h"\n', "base/b_priv.h": header("base/b_priv.h")},
                   "base/b_priv.h stays in base/")

    def test_cmd_is_included_by_nobody(self):
        self.finds({"session/a.c": '#include "cmd/serve.h"\n', "cmd/serve.h": header("cmd/serve.h")},
                   "session/ may not include cmd/serve.h")

    def test_foreign_headers(self):
        self.finds({"backend/a.c": "#include <duckdb.h>\n"}, "<duckdb.h> belongs to engine alone")

    def test_pure_rooms(self):
        self.finds({"pgwire/a.c": "#include <sys/socket.h>\n"}, "pgwire/ is pure: no sys/socket.h")

    def test_logging(self):
        self.finds({"engine/a.c": '#include "base/log.h"\n', "base/log.h": header("base/log.h")},
                   "libraries do not log")

    def test_headers_compile_alone(self):
        self.finds({"base/a.h": header("base/a.h", "size_t n(void);")}, "src/base/a.h:1: does not compile alone")

    def test_cycles(self):
        self.finds({"base/a.h": header("base/a.h", '#include "base/b.h"'),
                    "base/b.h": header("base/b.h", '#include "base/a.h"')},
                   "include cycle: base/a.h -> base/b.h -> base/a.h")

    def test_own_header_first(self):
        self.finds({"base/a.h": header("base/a.h"), "base/a.c": '#include <stdio.h>\n#include "base/a.h"\n'},
                   "src/base/a.c:1: base/a.h comes first")

    def test_guards(self):
        self.finds({"base/a.h": "#pragma once\n"}, "the guard is TAVANA_BASE_A_H")

    def test_banned_calls(self):
        self.finds({"base/a.c": "int f(char *s);\nint f(char *s) { return atoi (s); }\n"}, "src/base/a.c:2: atoi() is banned")

    def test_heap(self):
        self.finds({"net/a.c": "void f(void *p) { free(p); }\n"}, "free() is banned")

    def test_unfinished(self):
        self.finds({"base/a.c": "/* TO" "DO later */\n"}, "finish it or leave it out")

    def test_unknown_rooms(self):
        self.finds({"attic/a.c": "\n"}, "a room without a line in tools/check_tree")


if __name__ == "__main__":
    unittest.main()
