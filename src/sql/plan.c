/* The engine's plan, JSON, becomes a list of operators: an operator's name comes before those below it and
 * what it says of itself behind them, so that nothing can be written until all is read. Neither the reader
 * nor the writers recurse. Operators of PostgreSQL's kind get its names; others keep the engine's.
 * Projections alone are left out, since PostgreSQL has none. */
#include "sql/plan.h"

#include "base/buf.h"
#include "sql/explain.h"

#include <stdlib.h>
#include <string.h>

enum { INFO_MAX = 16, NODES_MAX = 100000 };

struct info {
    struct str key, value;
};

struct node {
    struct str name;
    size_t depth; /* from 0 */
    size_t ninfo;
    struct info info[INFO_MAX];
    double rows, actual, seconds, cost; /* rows < 0: it does not say */
    bool hidden;
};

/* Where the reader is in the JSON: in a list of operators, in an operator, in its extra_info, in a list of
 * values within that, or in something that is not shown. */
enum place { IN_NODES, IN_NODE, IN_INFO, IN_LIST, IN_OTHER };

struct plan {
    struct arena *arena;
    struct err *err;
    struct str text;
    size_t at;
    struct node *nodes;
    size_t n, cap;
    double latency; /* seconds; of ANALYZE */
    struct {
        enum place place;
        size_t node;
    } stack[2 * SQL_PLAN_DEPTH_MAX + 8];
    size_t depth;
    struct str key;
};

static int no_plan(struct plan *p)
{
    return err_set(p->err, SQLSTATE_INTERNAL_ERROR, "the engine's plan cannot be read");
}

/* A new operator lies below all those that are open. */
static int new_node(struct plan *p)
{
    if (p->n == p->cap) {
        size_t cap = p->cap ? 2 * p->cap : 16;
        struct node *more = cap <= NODES_MAX ? arena_calloc(p->arena, cap, sizeof *more) : NULL;
        if (!more)
            return err_oom(p->err);
        if (p->n)
            memcpy(more, p->nodes, p->n * sizeof *more);
        p->nodes = more;
        p->cap = cap;
    }
    size_t depth = 0;
    for (size_t i = 0; i < p->depth; i++)
        depth += p->stack[i].place == IN_NODE;
    p->nodes[p->n++] = (struct node){.depth = depth, .rows = -1, .actual = -1};
    return ST_OK;
}

/* A string's text, as it is written between its quotes: what it shows goes back into JSON, or is plain. */
static int read_string(struct plan *p, struct str *out)
{
    size_t from = ++p->at;
    while (p->at < p->text.n && p->text.p[p->at] != '"')
        p->at += p->text.p[p->at] == '\\' ? 2 : 1;
    if (p->at >= p->text.n)
        return no_plan(p);
    *out = (struct str){p->text.p + from, p->at++ - from};
    return ST_OK;
}

static double number_of(struct str s)
{
    char text[40];
    size_t n = s.n < sizeof text - 1 ? s.n : sizeof text - 1;
    memcpy(text, s.p, n);
    text[n] = '\0';
    return strtod(text, NULL);
}

static int join(struct plan *p, struct str *value, struct str more)
{
    char *text = arena_alloc(p->arena, value->n + more.n + 3);
    if (!text)
        return err_oom(p->err);
    memcpy(text, value->p, value->n);
    memcpy(text + value->n, ", ", 2);
    memcpy(text + value->n + 2, more.p, more.n);
    *value = (struct str){text, value->n + 2 + more.n};
    return ST_OK;
}

/* What a value means depends on the key before it and on the place. The values of a list become one text with
 * commas between them. */
static int take_value(struct plan *p, struct str value)
{
    if (p->depth == 0)
        return no_plan(p);
    enum place place = p->stack[p->depth - 1].place;
    struct node *node = &p->nodes[p->stack[p->depth - 1].node];
    if (place == IN_NODE) {
        if (str_eq(p->key, STR("name")) || str_eq(p->key, STR("operator_name")))
            node->name = value;
        else if (str_eq(p->key, STR("operator_cardinality")))
            node->actual = number_of(value);
        else if (str_eq(p->key, STR("operator_timing")))
            node->seconds = number_of(value);
        else if (str_eq(p->key, STR("latency")))
            p->latency = number_of(value);
        return ST_OK;
    }
    if (place == IN_LIST && node->ninfo > 0 && node->info[node->ninfo - 1].value.p)
        return join(p, &node->info[node->ninfo - 1].value, value);
    if (place == IN_LIST && node->ninfo > 0)
        node->info[node->ninfo - 1].value = value;
    if (place != IN_INFO)
        return ST_OK;
    if (str_eq(p->key, STR("Estimated Cardinality")))
        node->rows = number_of(value);
    else if (node->ninfo < INFO_MAX)
        node->info[node->ninfo++] = (struct info){p->key, value};
    return ST_OK;
}

/* A bracket opens. Objects outside of everything, in the outermost list or in a list of children are
 * operators; the rest belongs to the operator around it. */
static int open_place(struct plan *p, bool list)
{
    enum place above = p->depth ? p->stack[p->depth - 1].place : IN_NODES, place = IN_OTHER;
    size_t node = p->depth ? p->stack[p->depth - 1].node : 0;
    if (p->depth == sizeof p->stack / sizeof *p->stack)
        return err_set(p->err, SQLSTATE_STATEMENT_TOO_COMPLEX, "the plan is too deep to be told");
    if (list && (p->depth == 0 || (above == IN_NODE && str_eq(p->key, STR("children"))))) {
        place = IN_NODES;
    } else if (!list && above == IN_NODES) {
        TRY(new_node(p));
        node = p->n - 1;
        place = IN_NODE;
    } else if (!list && above == IN_NODE && str_eq(p->key, STR("extra_info"))) {
        place = IN_INFO;
    } else if (list && above == IN_INFO) {
        if (p->nodes[node].ninfo < INFO_MAX) {
            p->nodes[node].info[p->nodes[node].ninfo++] = (struct info){p->key, {NULL, 0}};
            place = IN_LIST;
        }
    }
    p->stack[p->depth].place = place;
    p->stack[p->depth++].node = node;
    return ST_OK;
}

/* One token of the JSON. Its grammar is not checked, since the engine wrote it; only what would lead the
 * reader out of the text or off its stack is an error. */
static int read_one(struct plan *p)
{
    struct str value;
    char c = p->text.p[p->at];
    if (c == '{' || c == '[') {
        p->at++;
        return open_place(p, c == '[');
    }
    if (c == '}' || c == ']') {
        p->at++;
        if (p->depth == 0)
            return no_plan(p);
        p->depth--;
        return ST_OK;
    }
    if (c == '"') {
        TRY(read_string(p, &value));
        while (p->at < p->text.n && strchr(" \r\n\t", p->text.p[p->at]))
            p->at++;
        if (p->at < p->text.n && p->text.p[p->at] == ':') {
            p->at++;
            p->key = value;
            return ST_OK;
        }
        return take_value(p, value);
    }
    if (strchr(" \r\n\t,", c)) {
        p->at++;
        return ST_OK;
    }
    size_t from = p->at;
    while (p->at < p->text.n && !strchr(" \r\n\t,]}", p->text.p[p->at]))
        p->at++;
    return take_value(p, (struct str){p->text.p + from, p->at - from});
}

/* ---- what it means ---- */

/* PostgreSQL's names of the engine's operators. As text some say more than in JSON, where the difference is a
 * member of its own in PostgreSQL. */
static const struct {
    const char *engine, *text, *json;
} names[] = {
    {"SEQ_SCAN", "Seq Scan", "Seq Scan"},
    {"TABLE_SCAN", "Seq Scan", "Seq Scan"},
    {"INDEX_SCAN", "Index Scan", "Index Scan"},
    {"DUMMY_SCAN", "Result", "Result"},
    {"EMPTY_RESULT", "Result", "Result"},
    {"PROJECTION", "Result", "Result"},
    {"COLUMN_DATA_SCAN", "Values Scan", "Values Scan"},
    {"CTE_SCAN", "CTE Scan", "CTE Scan"},
    {"HASH_JOIN", "Hash Join", "Hash Join"},
    {"NESTED_LOOP_JOIN", "Nested Loop", "Nested Loop"},
    {"BLOCKWISE_NL_JOIN", "Nested Loop", "Nested Loop"},
    {"CROSS_PRODUCT", "Nested Loop", "Nested Loop"},
    {"PIECEWISE_MERGE_JOIN", "Merge Join", "Merge Join"},
    {"IE_JOIN", "Merge Join", "Merge Join"},
    {"HASH_GROUP_BY", "HashAggregate", "Aggregate"},
    {"PERFECT_HASH_GROUP_BY", "HashAggregate", "Aggregate"},
    {"UNGROUPED_AGGREGATE", "Aggregate", "Aggregate"},
    {"ORDER_BY", "Sort", "Sort"},
    {"TOP_N", "Limit", "Limit"},
    {"LIMIT", "Limit", "Limit"},
    {"STREAMING_LIMIT", "Limit", "Limit"},
    {"WINDOW", "WindowAgg", "WindowAgg"},
    {"STREAMING_WINDOW", "WindowAgg", "WindowAgg"},
    {"UNION", "Append", "Append"},
    {"INSERT", "Insert", "ModifyTable"},
    {"UPDATE", "Update", "ModifyTable"},
    {"DELETE", "Delete", "ModifyTable"},
};

static struct str name_of(struct plan *p, const struct node *node, bool json)
{
    struct str s = node->name;
    while (s.n && s.p[s.n - 1] == ' ')
        s.n--;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_eq(s, str_of(names[i].engine)))
            return str_of(json ? names[i].json : names[i].text);
    char *copy = arena_strndup(p->arena, s.p, s.n);
    bool first = true;
    for (char *c = copy; c && *c; c++) {
        bool letter = *c >= 'A' && *c <= 'Z';
        if (letter && !first)
            *c = (char)(*c - 'A' + 'a');
        first = *c == '_';
        if (first)
            *c = ' ';
    }
    return copy ? (struct str){copy, s.n} : s;
}

static const struct {
    const char *engine, *postgres;
} keys[] = {
    {"Filters", "Filter"},   {"Expression", "Filter"},    {"Order By", "Sort Key"},
    {"Groups", "Group Key"}, {"Conditions", "Hash Cond"}, {"Projections", "Output"},
};

static struct str key_of(struct str key)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (str_eq(key, str_of(keys[i].engine)))
            return str_of(keys[i].postgres);
    return key;
}

/* "memory.main.t" of a scan: its last part. */
static struct str table_of(const struct node *node)
{
    for (size_t i = 0; i < node->ninfo; i++)
        if (str_eq(node->info[i].key, STR("Table"))) {
            struct str v = node->info[i].value;
            for (size_t k = v.n; v.p && k > 0; k--)
                if (v.p[k - 1] == '.')
                    return (struct str){v.p + k, v.n - k};
            return v;
        }
    return (struct str){NULL, 0};
}

static bool is_shown(const struct sql_explain *how, const struct info *info)
{
    bool output = str_eq(info->key, STR("Projections"));
    return info->value.n && (how->verbose || !output) && !str_eq(info->key, STR("Table")) &&
           !str_eq(info->key, STR("Type"));
}

/* The node that an operator lies below; n: none. Nodes lie in the order of the text. */
static size_t parent_of(const struct plan *p, size_t i)
{
    for (size_t k = i; k-- > 0;)
        if (p->nodes[k].depth < p->nodes[i].depth)
            return k;
    return p->n;
}

/* Leaves out what is no operator of a plan, and moves what lies below it up. */
static void hide(struct plan *p)
{
    for (size_t i = 0; i < p->n; i++) {
        bool last = i + 1 == p->n || p->nodes[i + 1].depth <= p->nodes[i].depth;
        struct str name = p->nodes[i].name;
        p->nodes[i].hidden = !name.n || str_eq(name, STR("EXPLAIN_ANALYZE")) ||
                             str_eq(name, STR("RESULT_COLLECTOR")) ||
                             (str_eq(name, STR("PROJECTION")) && !last);
    }
    for (size_t i = p->n; i-- > 0;) {
        size_t up = 0;
        for (size_t k = parent_of(p, i); k < p->n; k = parent_of(p, k))
            up += p->nodes[k].hidden;
        p->nodes[i].cost = (double)up; /* for this while */
    }
    for (size_t i = 0; i < p->n; i++)
        p->nodes[i].depth -= (size_t)p->nodes[i].cost;
    size_t kept = 0;
    for (size_t i = 0; i < p->n; i++)
        if (!p->nodes[i].hidden)
            p->nodes[kept++] = p->nodes[i];
    p->n = kept;
}

/* Rows that an operator does not tell are those below it; costs and times are of all below, too. */
static void add_up(struct plan *p)
{
    for (size_t i = p->n; i-- > 0;) {
        struct node *node = &p->nodes[i];
        double below = 0, most = 1;
        for (size_t k = i + 1; k < p->n && p->nodes[k].depth > node->depth; k++)
            if (p->nodes[k].depth == node->depth + 1) {
                below += p->nodes[k].cost;
                node->seconds += p->nodes[k].seconds;
                most = p->nodes[k].rows > most ? p->nodes[k].rows : most;
            }
        if (node->rows < 0)
            node->rows = most;
        node->cost = below + 0.01 * (node->rows > 1 ? node->rows : 1);
    }
}

/* ---- text ---- */

/* The engine tells one time per operator and nothing of when its first row came: the first number of each
 * pair is always zero. */
static void put_numbers(struct buf *b, const struct sql_explain *how, const struct node *node)
{
    if (how->costs)
        buf_printf(b, "  (cost=0.00..%.2f rows=%.0f width=%u)", node->cost, node->rows, how->width);
    if (how->analyze && how->timing)
        buf_printf(b, " (actual time=0.000..%.3f rows=%.0f loops=1)", 1000 * node->seconds, node->actual);
    else if (how->analyze)
        buf_printf(b, " (actual rows=%.0f loops=1)", node->actual);
}

/* Without the escapes of JSON, in one line. */
static void put_plain(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        bool escape = s.p[i] == '\\' && i + 1 < s.n;
        char c = escape ? s.p[++i] : s.p[i];
        if (escape && strchr("nrt", c))
            c = ' ';
        buf_put_u8(b, (uint8_t)c);
    }
}

static void put_text(struct buf *b, struct plan *p, const struct sql_explain *how)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct node *node = &p->nodes[i];
        struct str name = name_of(p, node, false), table = table_of(node);
        int indent = (int)(node->depth ? 6 * node->depth - 4 : 0),
            inner = (int)(node->depth ? 6 * node->depth + 2 : 2);
        buf_printf(b, "%s%*s%s%.*s", i ? "\n" : "", indent, "", node->depth ? "->  " : "", (int)name.n,
                   name.p);
        if (table.n)
            buf_printf(b, " on %.*s", (int)table.n, table.p);
        put_numbers(b, how, node);
        for (size_t k = 0; k < node->ninfo; k++) {
            struct str key = key_of(node->info[k].key), value = node->info[k].value;
            if (!is_shown(how, &node->info[k]))
                continue;
            buf_printf(b, "\n%*s%.*s: ", inner, "", (int)key.n, key.p);
            put_plain(b, value);
        }
    }
    if (how->summary)
        buf_printf(b, "\nPlanning Time: 0.000 ms");
    if (how->summary && how->analyze)
        buf_printf(b, "\nExecution Time: %.3f ms", 1000 * p->latency);
}

/* ---- JSON ---- */

static void put_member(struct buf *b, int indent, struct str key, struct str value)
{
    buf_printf(b, ",\n%*s\"%.*s\": \"%.*s\"", indent, "", (int)key.n, key.p, (int)value.n, value.p);
}

static void put_node(struct buf *b, struct plan *p, const struct sql_explain *how, const struct node *node)
{
    int indent = (int)(6 + 6 * node->depth);
    struct str name = name_of(p, node, true), table = table_of(node);
    buf_printf(b, "%*s\"Node Type\": \"%.*s\",\n%*s\"Parallel Aware\": false,\n%*s\"Async Capable\": false",
               indent, "", (int)name.n, name.p, indent, "", indent, "");
    if (table.n) {
        put_member(b, indent, STR("Relation Name"), table);
        put_member(b, indent, STR("Alias"), table);
    }
    if (how->costs)
        buf_printf(
            b,
            ",\n%*s\"Startup Cost\": 0.00,\n%*s\"Total Cost\": %.2f,\n%*s\"Plan Rows\": %.0f,\n%*s\"Plan "
            "Width\": %u",
            indent, "", indent, "", node->cost, indent, "", node->rows, indent, "", how->width);
    if (how->analyze && how->timing)
        buf_printf(b, ",\n%*s\"Actual Startup Time\": 0.000,\n%*s\"Actual Total Time\": %.3f", indent, "",
                   indent, "", 1000 * node->seconds);
    if (how->analyze)
        buf_printf(b, ",\n%*s\"Actual Rows\": %.0f,\n%*s\"Actual Loops\": 1", indent, "", node->actual,
                   indent, "");
    for (size_t k = 0; k < node->ninfo; k++)
        if (is_shown(how, &node->info[k]))
            put_member(b, indent, key_of(node->info[k].key), node->info[k].value);
}

/* Closes the operators down to one of that depth. */
static void close_to(struct buf *b, size_t from, size_t depth)
{
    for (size_t d = from; d > depth; d--)
        buf_printf(b, "\n%*s}\n%*s]", (int)(4 + 6 * d), "", (int)(6 * d), "");
}

static void put_json(struct buf *b, struct plan *p, const struct sql_explain *how)
{
    size_t depth = 0;
    buf_printf(b, "[\n  {\n    \"Plan\": {\n");
    for (size_t i = 0; i < p->n; i++) {
        const struct node *node = &p->nodes[i];
        if (i > 0 && node->depth > depth) {
            buf_printf(b, ",\n%*s\"Plans\": [\n%*s{\n", (int)(6 * node->depth), "",
                       (int)(4 + 6 * node->depth), "");
        } else if (i > 0) {
            close_to(b, depth, node->depth);
            buf_printf(b, "\n%*s},\n%*s{\n", (int)(4 + 6 * node->depth), "", (int)(4 + 6 * node->depth), "");
        }
        put_node(b, p, how, node);
        depth = node->depth;
    }
    close_to(b, depth, 0);
    buf_printf(b, "\n    }");
    if (how->summary)
        buf_printf(b, ",\n    \"Planning Time\": 0.000");
    if (how->analyze)
        buf_printf(b, ",\n    \"Triggers\": [\n    ]");
    if (how->summary && how->analyze)
        buf_printf(b, ",\n    \"Execution Time\": %.3f", 1000 * p->latency);
    buf_printf(b, "\n  }\n]");
}

int sql_plan_put(struct arena *a, const struct sql_explain *how, struct str text, struct buf *out,
                 struct err *e)
{
    struct plan *p = arena_calloc(a, 1, sizeof *p);
    if (!p)
        return err_oom(e);
    p->arena = a;
    p->err = e;
    p->text = text;
    while (p->at < text.n)
        TRY(read_one(p));
    if (p->n == 0 || p->depth > 0)
        return no_plan(p);
    hide(p);
    if (p->n == 0) /* the engine has measured nothing of what it ran */
        p->nodes[p->n++] = (struct node){.name = STR("PROJECTION"), .rows = -1};
    add_up(p);
    if (how->json)
        put_json(out, p, how);
    else
        put_text(out, p, how);
    return buf_ok(out) ? ST_OK : err_oom(e);
}
