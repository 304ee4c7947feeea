/* An operand of a level is what binds at least as tightly as an operator of that level. For each bracket that
 * is open the pass keeps where the operand of each level began; when an operator of ours is met, its left
 * operand is the one of its own level (operators of one level go from left to right), and it waits on a stack
 * until an operator that binds no tighter, a keyword, a comma or the closing bracket ends its right operand.
 * Then both ends are known, and the edits are made: f( before the left one, a comma for the operator, a
 * bracket behind the right one. What binds less tightly than LIKE is no operand of ours, so that those
 * operators need no level. CASE … END counts as a bracket. */
#include "dialect/operators.h"

#include "dialect/beside.h"
#include "dialect/dates.h"
#include "dialect/outputs.h"
#include "dialect/reals.h"
#include "dialect/spellings.h"
#include "sql/type.h"

#include <stdio.h>

/* How tightly operators bind, the loosest first, in the order of PostgreSQL's grammar. Comparisons, IS, NOT,
 * AND and OR are looser than all of them. */
enum level {
    LEVEL_LIKE, /* LIKE, ILIKE, SIMILAR, BETWEEN, IN */
    LEVEL_OTHER,
    LEVEL_ADD,
    LEVEL_MULTIPLY,
    LEVEL_POWER,
    LEVEL_AT, /* AT TIME ZONE */
    LEVEL_COLLATE,
    LEVEL_SIGN,
    LEVELS,
};

enum {
    BRACKETS_MAX = 4096, /* within each other */
    BRACKETS_FIRST = 16,
    WAITING_MAX = 4096, /* operators of ours whose right operands are not over */
};

static const uint32_t NOWHERE = UINT32_MAX;

struct waiting {
    const struct spelling *as;
    enum level level;
    uint32_t left; /* where its left operand begins */
    bool like;     /* nothing is opened: only what stands behind it is added */
    bool between;  /* its AND is still to come */
};

struct bracket {
    uint32_t start[LEVELS]; /* where the operand of the level began; NOWHERE: not yet */
    uint32_t waiting;       /* how many operators waited when it was opened */
    bool is_case;
    bool operand; /* the token before is the end of an operand */
};

struct pass {
    struct rewriter *r;
    struct sql_lexer lexer;
    struct sql_token token, prev, before; /* before: the token before prev */
    struct bracket *brackets;
    struct waiting *waits;
    size_t depth, brackets_cap, nwaits, waits_cap;
    bool reals; /* a cast to real stands in the statement */
    bool dates; /* a date stands beside a minus */
};

/* Words that PostgreSQL reserves, but those that are values or begin one: an operand ends before them. */
static const char *const separators[] = {
    "ALL",        "ANALYSE",   "ANALYZE",   "AND",     "ANY",        "AS",         "ASC",       "ASYMMETRIC",
    "BETWEEN",    "BOTH",      "CHECK",     "COLUMN",  "CONSTRAINT", "CREATE",     "CROSS",     "DEFAULT",
    "DEFERRABLE", "DESC",      "DISTINCT",  "DO",      "ELSE",       "ESCAPE",     "EXCEPT",    "FETCH",
    "FOR",        "FOREIGN",   "FROM",      "FULL",    "GRANT",      "GROUP",      "HAVING",    "IN",
    "INITIALLY",  "INNER",     "INTERSECT", "INTO",    "IS",         "ISNULL",     "JOIN",      "LATERAL",
    "LEADING",    "LIMIT",     "NATURAL",   "NOTNULL", "OFFSET",     "ON",         "ONLY",      "OR",
    "ORDER",      "OUTER",     "OVERLAPS",  "PLACING", "PRIMARY",    "REFERENCES", "RETURNING", "SELECT",
    "SOME",       "SYMMETRIC", "TABLE",     "THEN",    "TO",         "TRAILING",   "UNION",     "UNIQUE",
    "USING",      "VALUES",    "VARIADIC",  "WHEN",    "WHERE",      "WINDOW",     "WITH"};

/* Words are looked for by letters from their middle: "mmetri" is of SYMMETRIC, "milar" of SIMILAR. */
bool operators_hint(struct str sql)
{
    for (size_t i = 0; i < sql.n; i++) {
        char c = sql.p[i];
        if (memchr("/%^~#?", c, 6) || (c == '@' && i + 1 < sql.n && sql.p[i + 1] == '@') ||
            (c == '|' && i + 1 < sql.n && (sql.p[i + 1] == '/' || sql.p[i + 1] == '|')))
            return true;
        if (c == '\'' && spelling_beside_quote(sql, i))
            return true;
        if ((c == 'k' || c == 'K') && i >= 3 && str_ieq((struct str){sql.p + i - 2, 4}, STR("like")))
            return true;
        if ((c == 'm' || c == 'M') && i + 6 < sql.n && str_ieq((struct str){sql.p + i, 6}, STR("mmetri")))
            return true;
        if ((c == 'm' || c == 'M') && i + 6 < sql.n && str_ieq((struct str){sql.p + i, 5}, STR("milar")))
            return true;
    }
    return reals_hint(sql) || dates_hint(sql);
}

static struct bracket *top(struct pass *p)
{
    return &p->brackets[p->depth];
}

static int too_deep(struct pass *p)
{
    return err_set(p->r->err, SQLSTATE_STATEMENT_TOO_COMPLEX, "statement is nested too deeply");
}

/* Room for one more; the arena keeps what was outgrown. */
static int grow(struct pass *p, void **items, size_t n, size_t *cap, size_t max, size_t size)
{
    if (n < *cap)
        return ST_OK;
    if (*cap >= max)
        return too_deep(p);
    size_t more = *cap ? *cap * 4 : BRACKETS_FIRST;
    void *fresh = arena_alloc(p->r->arena, more * size);
    if (!fresh)
        return err_oom(p->r->err);
    if (n)
        memcpy(fresh, *items, n * size);
    *items = fresh;
    *cap = more;
    return ST_OK;
}

/* An operand, and all that it is part of, is over. */
static void forget(struct bracket *b)
{
    for (int i = 0; i < LEVELS; i++)
        b->start[i] = NOWHERE;
    b->operand = false;
}

static int open_bracket(struct pass *p, bool is_case)
{
    void *brackets = p->brackets;
    TRY(grow(p, &brackets, p->depth + 1, &p->brackets_cap, BRACKETS_MAX, sizeof *p->brackets));
    p->brackets = brackets;
    struct bracket *b = &p->brackets[++p->depth];
    *b = (struct bracket){.waiting = (uint32_t)p->nwaits, .is_case = is_case};
    forget(b);
    return ST_OK;
}

/* The right operand of the operator that waits last ends at that place. */
static int settle(struct pass *p, size_t end)
{
    const struct waiting *w = &p->waits[--p->nwaits];
    const char *open = w->as->open, *sent = spelling_sent(w->as), *digits = spelling_digits(w->as);
    bool output = false;
    if (digits)
        TRY(outputs_are_sent(p->r, w->left, end, &output));
    if (output)
        sent = digits;
    else if (sent)
        TRY(outputs_are(p->r, w->left, end, &output));
    if (output)
        open = sent;
    if (!w->like)
        TRY(edits_open(&p->r->edits, w->left, str_of(open), p->r->err));
    return walk_insert(p->r, end, str_of(w->as->close));
}

/* What binds at least as tightly as the level ends with the token before. */
static int settle_from(struct pass *p, enum level level)
{
    while (p->nwaits > top(p)->waiting && p->waits[p->nwaits - 1].level >= level)
        TRY(settle(p, walk_end(&p->prev)));
    return ST_OK;
}

static int separate(struct pass *p)
{
    TRY(settle_from(p, LEVEL_LIKE));
    forget(top(p));
    return ST_OK;
}

/* An operand begins at the token: of each level that has none. */
static void begin(struct pass *p, enum level upto)
{
    struct bracket *b = top(p);
    for (int i = 0; i <= (int)upto; i++)
        if (b->start[i] == NOWHERE)
            b->start[i] = (uint32_t)p->token.at;
}

/* Behind an operator of the level: what binds more tightly begins anew. */
static void behind(struct pass *p, enum level level)
{
    struct bracket *b = top(p);
    for (int i = (int)level + 1; i < LEVELS; i++)
        b->start[i] = NOWHERE;
    b->operand = false;
}

static void next(struct pass *p)
{
    p->before = p->prev;
    p->prev = p->token;
    (void)sql_lexer_next(&p->lexer, &p->token);
}

static struct sql_token peek(const struct pass *p)
{
    struct sql_lexer ahead = p->lexer;
    struct sql_token t;
    (void)sql_lexer_next(&ahead, &t);
    return t;
}

static int wait_for(struct pass *p, const struct spelling *as, enum level level, size_t left, bool like)
{
    void *waits = p->waits;
    TRY(grow(p, &waits, p->nwaits, &p->waits_cap, WAITING_MAX, sizeof *p->waits));
    p->waits = waits;
    p->waits[p->nwaits++] = (struct waiting){.as = as, .level = level, .left = (uint32_t)left, .like = like};
    return ST_OK;
}

static enum level level_of(struct str op)
{
    if (op.n == 1 && memchr("+-", op.p[0], 2))
        return LEVEL_ADD;
    if (op.n == 1 && memchr("*/%", op.p[0], 3))
        return LEVEL_MULTIPLY;
    return str_eq(op, STR("^")) ? LEVEL_POWER : LEVEL_OTHER;
}

/* PostgreSQL's comparisons bind less tightly than LIKE, so that they end operands. => and := stand behind the
 * name of an argument and end it in the same way. */
static bool is_comparison(struct str op)
{
    static const char *const ops[] = {"=", "<", ">", "<=", ">=", "<>", "!=", "=>", ":="};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (str_eq(op, str_of(ops[i])))
            return true;
    return false;
}

static bool quantified(const struct sql_token *t)
{
    return sql_token_is_word(t, "ANY") || sql_token_is_word(t, "ALL") || sql_token_is_word(t, "SOME");
}

/* a op ANY (array), at the operator's last token; from is where the operator begins. */
static int on_each(struct pass *p, const char *op, enum level level, size_t from)
{
    struct sql_lexer ahead = p->lexer;
    struct sql_token quantifier, t;
    (void)sql_lexer_next(&ahead, &quantifier);
    (void)sql_lexer_next(&ahead, &t);
    (void)sql_lexer_next(&ahead, &t);
    const struct spelling *as = spelling_of_each(op, sql_token_is_word(&quantifier, "ALL"));
    if (!as || sql_token_is_word(&t, "SELECT") || sql_token_is_word(&t, "VALUES"))
        return err_set(p->r->err, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "operator %s with ANY or ALL is not supported here", op);
    TRY(walk_replace(p->r, from, walk_end(&quantifier), str_of(as->comma)));
    TRY(wait_for(p, as, level, top(p)->start[level], false));
    next(p); /* so that the quantifier is the token that is left behind */
    behind(p, level);
    return ST_OK;
}

static const struct spelling *of_operator(const struct pass *p, struct str op)
{
    struct sql_lexer ahead = p->lexer;
    struct sql_token right, after, type;
    const struct spelling *found = NULL;
    bool concat = str_eq(op, STR("||")) && p->r->postgres;
    if (!concat && !p->r->catalog)
        return spelling_find(op, p->r->postgres);
    (void)sql_lexer_next(&ahead, &right);
    (void)sql_lexer_next(&ahead, &after);
    (void)sql_lexer_next(&ahead, &type);
    if (!concat)
        found = spelling_of_exact_name(op, &p->prev, &right, &after);
    if (!concat || p->r->catalog)
        return concat || found ? found : spelling_find(op, p->r->postgres);
    bool left_bytes = sql_token_is_word(&p->prev, "bytea"),
         right_bytes = sql_token_is_typecast(&after) && sql_token_is_word(&type, "bytea");
    found = spelling_of_bytes(&p->prev, left_bytes, &right, right_bytes);
    return found ? found : spelling_of_concat(&p->prev, &right, &after);
}

/* Literals alone on both sides of an operator: numbers are no text, and a string beside a number is one,
 * too. */
static int between_literals(struct pass *p, const struct sql_token *op, enum level level)
{
    struct sql_lexer ahead = p->lexer;
    struct sql_token right, after;
    const struct sql_token *left = &p->prev;
    (void)sql_lexer_next(&ahead, &right);
    (void)sql_lexer_next(&ahead, &after);
    bool sign = top(p)->start[level] == p->before.at && p->before.kind == SQL_TOK_OP;
    if (!p->r->postgres || p->r->catalog || (top(p)->start[level] != left->at && !sign) ||
        sql_token_is_typecast(&after))
        return ST_OK;
    if (!sign && (level == LEVEL_ADD || level == LEVEL_MULTIPLY)) {
        if (left->kind == SQL_TOK_STRING && right.kind == SQL_TOK_NUMBER)
            return beside_number(p->r, left, &right);
        if (left->kind == SQL_TOK_NUMBER && right.kind == SQL_TOK_STRING)
            return beside_number(p->r, &right, left);
    }
    if (right.kind == SQL_TOK_OP && str_eq(right.text, STR("-")))
        right = after;
    if (!str_eq(op->text, STR("||")) || left->kind != SQL_TOK_NUMBER || right.kind != SQL_TOK_NUMBER)
        return ST_OK;
    bool accepts;
    TRY(walk_accepts(p->r, &accepts));
    if (!accepts)
        return ST_OK;
    (void)err_set(p->r->err, SQLSTATE_UNDEFINED_FUNCTION, "operator does not exist: %s || %s",
                  beside_is_whole(left) ? "integer" : "numeric",
                  beside_is_whole(&right) ? "integer" : "numeric");
    p->r->err->position = str_position(p->r->edits.sql, op->at);
    return ST_ERR;
}

/* An operator between two operands. Where the left one began is known by its level, the right one is waited
 * for. An operator that the engine understands stays, and only the levels are kept up. */
static int binary(struct pass *p, const struct sql_token *op, size_t end)
{
    struct bracket *b = top(p);
    enum level level = level_of(op->text);
    const struct spelling *as = of_operator(p, op->text);
    if (!as && p->reals && reals_beside(p->lexer, &p->prev, &p->before))
        as = spelling_of_real(op->text);
    if (!as && p->dates && str_eq(op->text, STR("-")) && dates_beside(p->lexer, &p->prev, &p->before)) {
        as = &spelling_difference;
        TRY(beside_date(p->r, p->lexer));
    }
    TRY(between_literals(p, op, level));
    TRY(settle_from(p, level));
    struct sql_token after = peek(p);
    bool translate = as != NULL && b->start[level] != NOWHERE;
    if (translate)
        TRY(walk_accepts(p->r, &translate));
    if (translate && quantified(&after)) {
        char text[8];
        (void)snprintf(text, sizeof text, "%.*s", (int)op->text.n, op->text.p);
        return on_each(p, text, level, op->at);
    }
    if (translate) {
        TRY(walk_replace(p->r, p->token.at, end, str_of(as->comma)));
        TRY(wait_for(p, as, level, b->start[level], false));
    }
    behind(p, level);
    return ST_OK;
}

/* An operator in front of its operand, as in |/ 25. Signs bind the most tightly and stay. All others are of
 * one level in PostgreSQL, and become calls where spelling_of_prefix knows them. */
static int prefix(struct pass *p)
{
    const struct str op = p->token.text;
    if (op.n == 1 && memchr("+-", op.p[0], 2)) {
        begin(p, LEVEL_SIGN);
        return ST_OK;
    }
    begin(p, LEVEL_OTHER);
    const struct spelling *as = p->r->postgres ? spelling_of_prefix(op) : NULL;
    bool translate = as != NULL;
    if (translate)
        TRY(walk_accepts(p->r, &translate));
    if (!translate)
        return ST_OK;
    TRY(walk_replace(p->r, p->token.at, walk_end(&p->token), STR("")));
    return wait_for(p, as, LEVEL_OTHER, p->token.at, false);
}

static int on_operator(struct pass *p)
{
    struct bracket *b = top(p);
    if (is_comparison(p->token.text)) {
        TRY(separate(p));
    } else if (b->operand) {
        const struct sql_token op = p->token;
        TRY(binary(p, &op, walk_end(&op)));
    } else if (str_eq(p->token.text, STR("*"))) { /* count(*), SELECT * */
        begin(p, LEVEL_SIGN);
        b->operand = true;
    } else {
        TRY(prefix(p));
    }
    next(p);
    return ST_OK;
}

/* OPERATOR(pg_catalog.~) between operands: of one level, whatever it names. */
static int on_spelled(struct pass *p)
{
    struct sql_lexer ahead = p->lexer;
    struct sql_token t, op;
    (void)sql_lexer_next(&ahead, &t);
    while (sql_lexer_next(&ahead, &op), sql_token_is_name(&op) || sql_token_is(&op, '.'))
        ;
    if (op.kind != SQL_TOK_OP || (sql_lexer_next(&ahead, &t), !sql_token_is(&t, ')')))
        return separate(p);
    bool mine = spelling_find(op.text, p->r->postgres) != NULL;
    if (!top(p)->operand || is_comparison(op.text) || !mine) {
        TRY(separate(p));
    } else {
        struct sql_lexer kept = p->lexer;
        p->lexer = ahead; /* so that what is looked at next stands behind the bracket */
        TRY(binary(p, &op, walk_end(&t)));
        p->lexer = kept;
    }
    sql_lexer_seek(&p->lexer, walk_end(&t));
    p->prev = t;
    (void)sql_lexer_next(&p->lexer, &p->token);
    return ST_OK;
}

/* LIKE: PostgreSQL's escape is the backslash; the engine has none unless it is told. */
static int on_like(struct pass *p, bool negated, size_t from)
{
    bool any_case = sql_token_is_word(&p->token, "ILIKE");
    TRY(settle_from(p, LEVEL_LIKE));
    behind(p, LEVEL_LIKE);
    struct sql_lexer ahead = p->lexer;
    struct sql_token pattern, after;
    (void)sql_lexer_next(&ahead, &pattern);
    (void)sql_lexer_next(&ahead, &after);
    bool plain = pattern.kind == SQL_TOK_STRING && !memchr(pattern.text.p, '\\', pattern.text.n) &&
                 after.kind != SQL_TOK_OP;
    bool translate = !plain;
    if (translate)
        TRY(walk_accepts(p->r, &translate));
    if (translate && quantified(&pattern) && top(p)->start[LEVEL_LIKE] != NOWHERE)
        return on_each(p,
                       any_case  ? negated ? "not ilike" : "ilike"
                       : negated ? "not like"
                                 : "like",
                       LEVEL_LIKE, from);
    if (translate)
        TRY(wait_for(p, &spelling_escaped, LEVEL_LIKE, 0, true));
    return ST_OK;
}

/* a [NOT] SIMILAR TO b, at the NOT or SIMILAR; last is the TO. */
static int on_words(struct pass *p, const struct spelling *as, const struct sql_token *last)
{
    struct bracket *b = top(p);
    bool translate;
    TRY(settle_from(p, LEVEL_LIKE));
    TRY(walk_accepts(p->r, &translate));
    if (translate && b->start[LEVEL_LIKE] != NOWHERE) {
        TRY(walk_replace(p->r, p->token.at, walk_end(last), str_of(as->comma)));
        TRY(wait_for(p, as, LEVEL_LIKE, b->start[LEVEL_LIKE], false));
        p->waits[p->nwaits - 1].between = sql_token_is_word(last, "SYMMETRIC");
    }
    behind(p, LEVEL_LIKE);
    sql_lexer_seek(&p->lexer, walk_end(last));
    p->prev = *last;
    (void)sql_lexer_next(&p->lexer, &p->token);
    return ST_OK;
}

/* LIKE, SIMILAR TO and their NOT, between operands. *done: it was one. */
static int on_pattern(struct pass *p, bool *done)
{
    struct sql_lexer ahead = p->lexer;
    struct sql_token t = p->token, to;
    bool negated = sql_token_is_word(&t, "NOT");
    *done = true;
    if (negated)
        (void)sql_lexer_next(&ahead, &t);
    (void)sql_lexer_next(&ahead, &to);
    if (p->r->postgres && sql_token_is_word(&t, "SIMILAR") && sql_token_is_word(&to, "TO"))
        return on_words(p, negated ? &spelling_similar_not : &spelling_similar, &to);
    if (p->r->postgres && sql_token_is_word(&t, "BETWEEN") && sql_token_is_word(&to, "SYMMETRIC"))
        return on_words(p, negated ? &spelling_between_not : &spelling_between, &to);
    *done = sql_token_is_word(&t, "LIKE") || sql_token_is_word(&t, "ILIKE");
    if (!*done)
        return ST_OK;
    const size_t from = p->token.at;
    if (negated)
        next(p);
    TRY(on_like(p, negated, from));
    next(p);
    return ST_OK;
}

/* The AND of a BETWEEN SYMMETRIC. *did: it was one. */
static int on_and(struct pass *p, bool *did)
{
    size_t least = top(p)->waiting, i = p->nwaits;
    while (i > least && p->waits[i - 1].level > LEVEL_LIKE)
        i--;
    *did = i > least && p->waits[i - 1].between;
    if (!*did)
        return ST_OK;
    TRY(settle_from(p, LEVEL_OTHER));
    p->waits[i - 1].between = false;
    TRY(walk_replace(p->r, p->token.at, walk_end(&p->token), STR(", ")));
    behind(p, LEVEL_LIKE);
    next(p);
    return ST_OK;
}

/* An ESCAPE of the pattern's own stands in place of ours; of SIMILAR TO it is an argument. */
static int on_escape(struct pass *p)
{
    struct bracket *b = top(p);
    struct waiting *w = p->nwaits > b->waiting ? &p->waits[p->nwaits - 1] : NULL;
    while (w && w->level > LEVEL_LIKE) {
        TRY(settle(p, walk_end(&p->prev)));
        w = p->nwaits > b->waiting ? &p->waits[p->nwaits - 1] : NULL;
    }
    if (w && w->like)
        p->nwaits--;
    else if (w)
        TRY(walk_replace(p->r, p->token.at, walk_end(&p->token), STR(", ")));
    behind(p, LEVEL_LIKE);
    next(p);
    return ST_OK;
}

/* Behind ::, with the type. */
static void pass_type(struct pass *p)
{
    struct sql_lexer ahead = p->lexer;
    struct sql_type type;
    if (!sql_read_type(&ahead, &type)) {
        next(p);
        return;
    }
    sql_lexer_seek(&p->lexer, type.end);
    p->prev = (struct sql_token){
        .kind = SQL_TOK_WORD, .text = {p->lexer.sql.p + type.at, type.end - type.at}, .at = type.at};
    (void)sql_lexer_next(&p->lexer, &p->token);
}

static bool is_one_of(const struct sql_token *t, const char *const *words, size_t n)
{
    return walk_is_any(t, words, n);
}

/* A word that goes on with the operand before it. */
static bool goes_on(const struct pass *p)
{
    static const char *const fields[] = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"};
    static const char *const after_call[] = {"OVER", "FILTER", "WITHIN"};
    const struct sql_token *t = &p->token;
    if (sql_token_is(&p->prev, '.'))
        return true;
    if (p->prev.kind == SQL_TOK_STRING && is_one_of(t, fields, sizeof fields / sizeof *fields))
        return true;
    if (sql_token_is(&p->prev, ')') && is_one_of(t, after_call, sizeof after_call / sizeof *after_call))
        return true;
    return sql_token_is_word(t, "GROUP") && sql_token_is_word(&p->prev, "WITHIN");
}

/* x AT TIME ZONE y, and x COLLATE y. *done: it was one. */
static int on_postfix(struct pass *p, bool *done)
{
    struct sql_token after = peek(p);
    *done = true;
    if (sql_token_is_word(&p->token, "AT") && sql_token_is_word(&after, "TIME")) {
        TRY(settle_from(p, LEVEL_AT));
        for (int i = 0; i < 3; i++)
            next(p);
        behind(p, LEVEL_AT);
        return ST_OK;
    }
    if (sql_token_is_word(&p->token, "COLLATE")) {
        TRY(settle_from(p, LEVEL_COLLATE));
        next(p);
        next(p);
        while (sql_token_is(&p->token, '.')) {
            next(p);
            next(p);
        }
        return ST_OK;
    }
    *done = false;
    return ST_OK;
}

/* LEFT and RIGHT are functions before a bracket, though reserved. */
static bool is_separator(const struct pass *p)
{
    if (!is_one_of(&p->token, separators, sizeof separators / sizeof *separators)) {
        if (!sql_token_is_word(&p->token, "LEFT") && !sql_token_is_word(&p->token, "RIGHT") &&
            !sql_token_is_word(&p->token, "NOT"))
            return false;
        struct sql_token after = peek(p);
        return sql_token_is_word(&p->token, "NOT") || !sql_token_is(&after, '(');
    }
    return true;
}

/* A word has a part of its own here (CASE, LIKE, COLLATE), ends the operand before it, or is in one. */
static int on_name(struct pass *p)
{
    struct bracket *b = top(p);
    bool done = false;
    if (sql_token_is(&p->prev, '.'))
        ; /* part of a name, whatever it is */
    else if (sql_token_is_word(&p->token, "OPERATOR") && (done = b->operand))
        return on_spelled(p);
    else if (sql_token_is_word(&p->token, "ESCAPE"))
        return on_escape(p);
    else if (sql_token_is_word(&p->token, "AND") && b->operand) {
        TRY(on_and(p, &done));
        if (done)
            return ST_OK;
        TRY(separate(p));
        next(p);
        return ST_OK;
    } else if (sql_token_is_word(&p->token, "CASE")) {
        begin(p, LEVEL_SIGN);
        next(p);
        return open_bracket(p, true);
    } else if (sql_token_is_word(&p->token, "END") && b->is_case) {
        TRY(separate(p));
        p->depth--;
        top(p)->operand = true;
        next(p);
        return ST_OK;
    } else if (b->operand && !goes_on(p)) {
        TRY(on_pattern(p, &done));
        if (!done)
            TRY(on_postfix(p, &done));
        if (done)
            return ST_OK;
        TRY(separate(p)); /* an alias, or a clause */
    }
    if (!sql_token_is(&p->prev, '.') && !goes_on(p) && is_separator(p)) {
        TRY(separate(p));
    } else {
        begin(p, LEVEL_SIGN);
        top(p)->operand = true;
    }
    next(p);
    return ST_OK;
}

/* Brackets open and close levels, a cast and a point go on with the operand, and the rest ends it. */
static int on_punct(struct pass *p)
{
    const struct sql_token *t = &p->token;
    if (sql_token_is(t, '(') || sql_token_is(t, '[') || sql_token_is(t, '{')) {
        begin(p, LEVEL_SIGN);
        next(p);
        return open_bracket(p, false);
    }
    if (sql_token_is(t, ')') || sql_token_is(t, ']') || sql_token_is(t, '}')) {
        TRY(separate(p));
        if (p->depth > 0 && !top(p)->is_case)
            p->depth--;
        top(p)->operand = true;
        next(p);
        return ST_OK;
    }
    if (sql_token_is_typecast(t)) {
        pass_type(p);
        return ST_OK;
    }
    if (!sql_token_is(t, '.'))
        TRY(separate(p));
    next(p);
    return ST_OK;
}

static int step(struct pass *p)
{
    switch (p->token.kind) {
    case SQL_TOK_OP: return on_operator(p);
    case SQL_TOK_PUNCT: return on_punct(p);
    case SQL_TOK_WORD:
    case SQL_TOK_QUOTED: return on_name(p);
    default:
        begin(p, LEVEL_SIGN);
        top(p)->operand = true;
        next(p);
        return ST_OK;
    }
}

int operators_translate(struct rewriter *r)
{
    struct pass p = {.r = r,
                     .reals = r->postgres && reals_hint(r->tokens.text),
                     .dates = r->postgres && !r->catalog && dates_hint(r->tokens.text)};
    sql_lexer_init(&p.lexer, r->tokens);
    (void)sql_lexer_next(&p.lexer, &p.token);
    p.brackets = arena_alloc(r->arena, BRACKETS_FIRST * sizeof *p.brackets);
    if (!p.brackets)
        return err_oom(r->err);
    p.brackets_cap = BRACKETS_FIRST;
    p.brackets[0] = (struct bracket){.waiting = 0};
    forget(&p.brackets[0]);
    while (p.token.kind != SQL_TOK_END && p.token.kind != SQL_TOK_BAD)
        TRY(step(&p));
    return p.token.kind == SQL_TOK_BAD ? ST_OK : separate(&p);
}
