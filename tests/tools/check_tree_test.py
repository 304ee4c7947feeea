"""tools/check_tree finds what it is there to find: each test is a small tree with one breach, or none."""

import pathlib
import subprocess
import tempfile
import unittest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools/check_tree"


def header(path, body=""):
    guard = "TAVANA_" + path.replace("/", "_").replace(".", "_").upper()
    return f"#ifndef {guard}\n#define {guard}\n{body}\n#endif\n"


def check(files, allowed=""):
    with tempfile.TemporaryDirectory() as clone:
        for path, text in files.items():
            file = pathlib.Path(clone, "src", path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        if allowed:
            pathlib.Path(clone, "tools/tree").mkdir(parents=True)
            pathlib.Path(clone, "tools/tree/allowed").write_text(allowed, encoding="utf-8")
        result = subprocess.run([TOOL, clone], capture_output=True, text=True, check=False)
        return result.returncode, result.stdout


def circle(in_a, in_b, table):
    """Two files of which a uses b when in_a says so, and b uses a by in_b or by a table of functions."""
    return {
        "net/a.h": header("net/a.h", "void a(void);"),
        "net/b.h": header("net/b.h", "void b(void);"),
        "net/a.c": '#include "net/a.h"\n\nvoid a(void)\n{\n    ' + in_a + "\n}\n",
        "net/b.c": '#include "net/b.h"\n\nvoid b(void)\n{\n    ' + in_b + "\n}\n\nvoid (*const table[])(void) = {" + table + "};\n",
    }


class CheckTree(unittest.TestCase):
    def finds(self, files, breach, allowed=""):
        code, output = check(files, allowed)
        self.assertEqual(code, 1, output)
        self.assertIn(breach, output)
        self.assertEqual(len(output.splitlines()), 1, output)

    def keeps(self, files, allowed=""):
        code, output = check(files, allowed)
        kept = len([path for path in files if not path.startswith("..")])
        self.assertEqual((code, output), (0, f"check_tree: {kept} files keep the rules\n"))

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
        self.finds({"front/a.c": '#include "net/conn.h"\n#include "net/http.h"\n',
                    "net/conn.h": header("net/conn.h"), "net/http.h": header("net/http.h")},
                   "src/front/a.c:2: front/ may not include net/http.h")

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

    def test_wide_comments(self):
        self.finds({"base/a.c": f"/* {'é' * 104} */\n/* {'é' * 105} */\n"}, "src/base/a.c:2: a comment is wider than 110")

    def test_heap(self):
        self.finds({"net/a.c": "void f(void *p) { free(p); }\n"}, "free() is banned")

    def test_unfinished(self):
        self.finds({"base/a.c": "/* TO" "DO later */\n"}, "finish it or leave it out")

    def test_headers_of_their_own(self):
        lone = {"net/all_priv.h": header("net/all_priv.h", "void a(void);"),
                "net/a.c": '#include "net/all_priv.h"\n\nvoid a(void)\n{\n}\n'}
        self.finds(lone, "src/net/a.c:1: exports a() and has no header of its own")
        self.keeps(lone, "headerless: net/a.c\n")
        self.finds(lone, "src/net/b.c:1: is gone", "headerless: net/a.c net/b.c\n")
        del lone["net/a.c"]
        self.finds({**lone, "net/a.h": header("net/a.h", "void a(void);"), "net/all_priv.h": header("net/all_priv.h"),
                    "net/a.c": '#include "net/a.h"\n\nvoid a(void)\n{\n}\n'},
                   "src/net/a.c:1: needs no leave to have no header", "headerless: net/a.c\n")

    def test_headers_of_a_room_alone(self):
        self.finds({"net/a.h": header("net/a.h"), "front/b.c": '#include "net/conn.h"\n',
                    "net/conn.h": "/* Connections. Of net/ alone. */\n" + header("net/conn.h")},
                   "src/front/b.c:1: net/conn.h stays in net/")

    def test_circles_of_calls(self):
        self.finds(circle("b();", "(void)0;", "a"), "src/net/b.c:1: in a circle of calls: uses net/a.c (a)",
                   "circle: net/a.c # for good\n")
        self.keeps(circle("b();", "(void)0;", "a"), "circle: net/a.c net/b.c # a table\n")
        self.keeps(circle("b();", "(void)0; /* a() */", "0"))
        self.finds(circle("b();", "(void)0;", "a"), "its circle has no reason", "circle: net/a.c net/b.c\n")
        self.finds(circle("(void)0;", "(void)0;", "a"), "src/net/c.c:1: is in no circle of calls any more",
                   "circle: net/c.c # once\n")

    def test_circles_by_clean_up(self):
        files = circle("(void)0;", "CLEANUP(ap) int *p = 0; (void)p;", "0")
        files["net/a.h"] = header("net/a.h", "#define DEFINE_CLEANUP(type, name)\nDEFINE_CLEANUP(int, a)\nvoid a(void);")
        self.keeps(files)
        files["net/a.c"] = files["net/a.c"].replace("(void)0;", "b();")
        self.finds(files, "src/net/b.c:1: in a circle of calls: uses net/a.c (a)", "circle: net/a.c # for good\n")

    def test_names_in_comments(self):
        self.finds({"net/a.c": "/* As b_c() says. */\n"}, "src/net/a.c:1: a comment names b_c(), which does not exist")
        self.finds({"net/a.c": "/* One.\n * See b.h. */\n"}, "src/net/a.c:2: a comment names b.h, which does not exist")
        self.finds({"net/a.c": "/* See some_name. */\n"}, "a comment names some_name, which")
        self.keeps({"net/a.c": "/* See some_name, a.c, other_* and fopen(). */\nstatic int some_name, other_one;\n"}, "name: fopen() # libc\n")
        self.keeps({"net/a.c": "/* See x_one and two_ms. */\n#define X(n) x_##n n##_ms\nenum { one, two };\n"})

    def test_asserts_about_a_peers_bytes(self):
        body = "#include <assert.h>\n\nstatic void read_it(int n)\n{\n    n++;\n    assert(n);\n}\n"
        self.finds({"pgwire/a.c": body}, "src/pgwire/a.c:6: assert() in read_it(), where a peer's bytes are read")
        self.finds({"rpc/service_rows.c": body}, "src/rpc/service_rows.c:6: assert() in read_it()")
        self.keeps({"rpc/channel.c": body})
        self.keeps({"pgwire/a.c": body}, "assert: pgwire/a.c:read_it # ours\n")
        self.finds({"pgwire/a.c": "\n"}, "src/pgwire/a.c:1: asserts nothing in read_it()", "assert: pgwire/a.c:read_it # ours\n")

    def test_fields_that_many_write(self):
        files = {"net/t.h": header("net/t.h", "struct in {\n    int n;\n};\nstruct t {\n    struct in in[2];\n    int only;\n};")}
        for name in "abc":
            files[f"net/{name}.c"] = f'#include "net/t.h"\n\nstatic void {name}(struct t *t)\n{{\n    t->in[1].n {"+=" if name == "a" else "="} 1;\n}}\n'
        self.finds(files, "shared_fields is 1, at most 0", "most: shared_fields 0\n")
        self.keeps(files, "most: shared_fields 1\n")
        self.keeps(files, "most: shared_fields 0\nvalue: in # a value\n")
        self.keeps({path: text.replace("int n;", "int ops;").replace("].n", "].ops") for path, text in files.items()},
                   "most: shared_fields 0\n")
        files["net/c.c"] = files["net/c.c"].replace(" = ", " == ")
        self.keeps(files, "most: shared_fields 0\n")

    def test_measures(self):
        files = {"net/a.h": header("net/a.h", "/* Does. */\nvoid a(void);\nvoid b(void);")}
        self.keeps(files, "least: contracts 50\n")
        self.finds(files, "contracts is 50, at least 51", "least: contracts 51\n")
        self.finds({"net/a.c": "\n" * 9}, "file_longest is 9, at most 8", "most: file_longest 8\n")

    def test_the_order_of_locks(self):
        head = header("net/t.h", "#include <pthread.h>\nstruct t_ops {\n    void (*go)(void);\n};\nstruct t {\n    pthread_mutex_t lock;\n"
                      "    const struct t_ops *ops;\n};")
        code = ('#include "net/t.h"\n\nstatic pthread_mutex_t all;\n\nstatic void go(void)\n{\n    pthread_mutex_lock(&all);\n'
                "    pthread_mutex_unlock(&all);\n}\n\nconst struct t_ops ops = {.go = go};\n\nstatic void f(struct t *t)\n{\n"
                "    pthread_mutex_lock(&t->lock);\n    if (!t->ops) {\n        pthread_mutex_unlock(&t->lock);\n        return;\n    }\n"
                "    t->ops->go();\n    pthread_mutex_unlock(&t->lock);\n    go();\n}\n")
        files = {"net/t.h": head, "net/a.c": code}
        table = "# House\n\n## Locks\n\n| lock | |\n|---|---|\n"
        self.keeps({**files, "../docs/design.md": table + "| `t.lock`, `net/a.c:all` | |\n"})
        self.finds({**files, "../docs/design.md": table + "| `net/a.c:all` | |\n| `t.lock` | |\n"},
                   "net/a.c:all comes before t.lock, but is taken while that is held in f by t->ops->go")
        self.finds({**files, "../docs/design.md": table + "| `t.lock` | |\n"}, "the lock net/a.c:all has no place")
        self.finds({**files, "../docs/design.md": table + "| `t.lock`, `net/a.c:all`, `x.lock` | |\n"}, "there is no lock x.lock")

    def test_a_list_that_is_not_understood(self):
        self.finds({"net/a.c": "\n"}, "tools/tree/allowed:2: not understood: leave: all", "# good\nleave: all\n")

    def test_unknown_rooms(self):
        self.finds({"attic/a.c": "\n"}, "a room without a line in tools/check_tree")


if __name__ == "__main__":
    unittest.main()
