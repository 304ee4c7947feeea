/* Statements from bytes: split, classify, every command's parser, both rewrites, and positions back. Where
 * libpg_query's scanner accepts the text, its tokens must begin and end where ours do. Passes over tokens that
 * are kept must say what those over the bytes do, and tokens that follow edits be those of the new text. */
#include "dialect/translate.h"
#include "sql/alter.h"
#include "sql/change.h"
#include "sql/command.h"
#include "sql/explain.h"
#include "sql/index.h"
#include "sql/merge.h"
#include "sql/params.h"
#include "sql/prepare.h"
#include "sql/rewrite.h"
#include "sql/set_config.h"
#include "sql/several.h"
#include "sql/statement.h"
#include "sql/table.h"
#include "sql/tokens.h"

#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_MAX = 4096, ARENA_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
    if (!ok)
        abort();
}

/* Differences that are meant: DuckDB's 1_000, `?` parameters, \v as a blank, a string's prefix N on its own;
 * and a string that goes on behind a comment, as PostgreSQL's do and libpg_query's, which makes tokens of
 * comments, do not. */
static bool has_own_rules(struct str sql)
{
    if (memchr(sql.p, '\'', sql.n) && memmem(sql.p, sql.n, "--", 2))
        return true;
    for (size_t i = 0; i < sql.n; i++)
        if (sql.p[i] == '?' || sql.p[i] == '\v' || (sql.p[i] == '\'' && i && (sql.p[i - 1] | 0x20) == 'n') ||
            (sql.p[i] == '&' && i && (sql.p[i - 1] | 0x20) == 'u') ||
            (sql.p[i] == '_' && i && sql.p[i - 1] >= '0' && sql.p[i - 1] <= '9'))
            return true;
    return false;
}

/* DuckDB's lexer, and ours with it, takes some characters beyond ASCII as white space: those that token.c
 * lists. To PostgreSQL's every byte beyond ASCII is a letter of a name, so that its tokens begin and end
 * elsewhere. A text with such a blank is not compared. */
static bool has_wide_blank(struct str sql)
{
    static const struct str blanks[] = {STR("\u00A0"), STR("\u202F"), STR("\u205F"),
                                        STR("\u2060"), STR("\u3000"), STR("\uFEFF")};
    for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++)
        if (memmem(sql.p, sql.n, blanks[i].p, blanks[i].n))
            return true;
    for (size_t i = 0; i + 2 < sql.n; i++) /* U+2000 to U+200B */
        if (memcmp(sql.p + i, "\xE2\x80", 2) == 0 && (uint8_t)sql.p[i + 2] <= 0x8B)
            return true;
    return false;
}

static bool next_of_scan(const PgQuery__ScanResult *r, size_t *i, const PgQuery__ScanToken **out)
{
    while (*i < r->n_tokens && (r->tokens[*i]->token == PG_QUERY__TOKEN__SQL_COMMENT ||
                                r->tokens[*i]->token == PG_QUERY__TOKEN__C_COMMENT))
        (*i)++;
    if (*i >= r->n_tokens)
        return false;
    *out = r->tokens[(*i)++];
    return true;
}

static void compare(struct str sql)
{
    size_t at;
    if (!utf8_valid(sql.p, sql.n, &at) || has_own_rules(sql) || has_wide_blank(sql))
        return;
    PgQueryScanResult r = pg_query_scan(sql.p);
    if (!r.error) {
        PgQuery__ScanResult *scan =
            pg_query__scan_result__unpack(NULL, r.pbuf.len, (const uint8_t *)r.pbuf.data);
        const PgQuery__ScanToken *theirs;
        struct sql_lexer l;
        struct sql_token t;
        size_t i = 0;
        sql_lexer_init(&l, sql_tokens_of(sql));
        while (scan && next_of_scan(scan, &i, &theirs)) {
            require(sql_lexer_next(&l, &t) != SQL_TOK_BAD);
            require(t.at == (size_t)theirs->start && t.at + t.text.n == (size_t)theirs->end);
        }
        require(!scan || sql_lexer_next(&l, &t) == SQL_TOK_END);
        if (scan)
            pg_query__scan_result__free_unpacked(scan, NULL);
    }
    pg_query_free_scan_result(r);
}

static void parse(struct arena *a, const struct sql_statement *s)
{
    struct err e;
    struct sql_transaction t;
    struct sql_set v;
    struct sql_prepare p;
    struct sql_execute x;
    struct sql_name n;
    enum sql_discard d;
    struct sql_several m;
    struct sql_table w;
    struct sql_alter l;
    struct sql_index i;
    struct sql_explain h;
    struct sql_set_config c;
    int st = ST_OK;
    err_init(&e);
    switch (s->kind) {
    case SQL_BEGIN:
    case SQL_COMMIT:
    case SQL_ROLLBACK:
    case SQL_SAVEPOINT: st = sql_parse_transaction(a, s, &t, &e); break;
    case SQL_SET:
    case SQL_RESET:
    case SQL_SHOW: st = sql_parse_set(a, s, &v, &e); break;
    case SQL_PREPARE: st = sql_parse_prepare(a, s, &p, &e); break;
    case SQL_EXECUTE: st = sql_parse_execute(a, s, &x, &e); break;
    case SQL_DEALLOCATE:
    case SQL_CLOSE:
    case SQL_LISTEN:
    case SQL_UNLISTEN:
    case SQL_NOTIFY: st = sql_parse_name(a, s, &n, &e); break;
    case SQL_DISCARD: st = sql_parse_discard(a, s, &d, &e); break;
    case SQL_TABLE: st = sql_parse_table(a, s, &w, &e); break;
    case SQL_ALTER: st = sql_parse_alter(a, s, &l, &e); break;
    case SQL_INDEX: st = sql_parse_index(a, s, &i, &e); break;
    case SQL_EXPLAIN: st = sql_parse_explain(a, s, &h, &e); break;
    case SQL_SEVERAL: st = sql_parse_several(a, s, &m, &e); break;
    case SQL_SET_CONFIG: st = sql_parse_set_config(a, s, &c, &e); break;
    default: break;
    }
    require((st == ST_ERR) == err_is_set(&e));
}

static const char *value(void *arg, const char *name)
{
    (void)arg;
    return *name == 's' ? NULL : "it's";
}

static void check_rewritten(const struct sql_rewritten *r, struct str original)
{
    int32_t last = 0;
    require(r->text.n == 0 || r->nedits == 0 || r->text.p[r->text.n] == '\0');
    for (int32_t i = 1; i < 64; i++) {
        int32_t at = sql_rewrite_position(r, original, i);
        require(at >= 1 && at >= last);
        last = at;
    }
}

/* Both hand out the same tokens. */
static void require_same(struct sql_tokens one, struct sql_tokens other)
{
    struct sql_lexer l, m;
    struct sql_token t, u;
    sql_lexer_init(&l, one);
    sql_lexer_init(&m, other);
    do {
        require(sql_lexer_next(&l, &t) == sql_lexer_next(&m, &u));
        require(t.at == u.at && t.text.n == u.text.n && t.text.p == u.text.p);
    } while (t.kind != SQL_TOK_END);
}

static void check_kept(struct arena *a, struct str sql, const struct dialect *d,
                       const struct sql_rewritten *plain)
{
    struct err e;
    struct sql_tokens kept, led;
    struct sql_rewritten r;
    err_init(&e);
    require(sql_tokens_keep(a, sql, &kept, &e) == ST_OK);
    require_same(kept, sql_tokens_of(sql));
    require(dialect_translate(a, kept, d, &r, &e) == ST_OK);
    require(str_eq(r.text, plain->text) && r.nedits == plain->nedits);
    require(sql_tokens_follow(a, &kept, &r, &led, &e) == ST_OK);
    require_same(led, sql_tokens_of(r.text));
}

static void translate(struct arena *a, struct str sql, const struct dialect *d)
{
    static const char *const types[] = {"BIGINT", NULL, "VARCHAR"};
    struct sql_rewritten cast, led;
    struct sql_params params;
    struct err e;
    err_init(&e);
    if (dialect_translate(a, sql_tokens_of(sql), d, &led, &e) < 0) {
        require(err_is_set(&e) && e.code != SQLSTATE_INTERNAL_ERROR);
        return;
    }
    check_rewritten(&led, sql);
    check_kept(a, sql, d, &led);
    if (sql_params_find(a, sql_tokens_of(led.text), &params, &e) == ST_OK &&
        sql_cast_params(a, &params, types, 3, &cast, &e) == ST_OK)
        check_rewritten(&cast, led.text);
}

/* What reads the parts of a change, of any text; and what of it are lent are its pieces. */
static void changes(struct arena *a, struct str sql)
{
    struct sql_change change;
    struct sql_merge merge;
    struct err e;
    bool is;
    err_init(&e);
    if (sql_change_read(a, sql_tokens_of(sql), &change, &e) == ST_OK)
        require(!change.conflict ||
                (change.head.p == sql.p && change.tail.p + change.tail.n == sql.p + sql.n));
    err_init(&e);
    if (sql_merge_read(a, sql_tokens_of(sql), &merge, &is, &e) == ST_OK)
        require(!is || (merge.on.p >= sql.p && merge.on.p + merge.on.n <= sql.p + sql.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[INPUT_MAX + 1];
    struct arena a;
    struct err e;
    struct sql_list list;
    struct sql_statement s;
    if (size > INPUT_MAX || memchr(data, 0, size))
        return 0;
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    struct str sql = {text, size};
    arena_init(&a, ARENA_MAX);
    err_init(&e);
    compare(sql);
    if (sql_split(&a, sql, &list, &e) == ST_OK) {
        require(list.n > 0);
        for (size_t i = 0; i < list.n; i++) {
            require(list.items[i].text.p == text + list.items[i].offset || list.items[i].kind == SQL_EMPTY);
            parse(&a, &list.items[i]);
        }
    }
    require(sql_classify(&a, sql_tokens_of(sql), &s, &e) == ST_OK);
    struct str param_types[3];
    struct sql_params params;
    int found = sql_params_find(&a, sql_tokens_of(sql), &params, &e);
    require(found == ST_OK || e.code == SQLSTATE_UNDEFINED_PARAMETER); /* $0 */
    if (found == ST_OK)
        sql_param_casts(&params, param_types, 3);
    for (size_t i = 0; found == ST_OK && i < 3; i++)
        require(!param_types[i].p ||
                (param_types[i].p > text && param_types[i].p + param_types[i].n <= text + size));
    changes(&a, sql);
    for (int mode = 0; mode < 2; mode++)
        translate(&a, sql, &(struct dialect){.value = value, .postgres = mode, .names = mode});
    arena_release(&a);
    return 0;
}
