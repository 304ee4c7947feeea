/* A machine with a stack: a level for each bracket, each CASE and the statement. In a level that holds an
 * expression a state says what may come next, and of the expression only its name and the name's strength
 * are kept, which is what casts and CASE ask for. Anything that the states do not know makes the item one
 * that the engine names (`foreign`). */
#include "dialect/column_name.h"

#include "dialect/column_expression.h"

#include <assert.h>

/* What a level is to the one above. */
enum opened {
    OPENED_ASIDE, /* arguments, subscripts, lists: the name is known without it */
    OPENED_OPERAND,
    OPENED_CAST,
    OPENED_TREAT,
    OPENED_TRIM,
    OPENED_CASE,
    OPENED_QUERY,  /* here and below: where queries stand whose columns' names are seen */
    OPENED_CTE,    /* AS (…) */
    OPENED_SOURCE, /* FROM (…) */
    OPENED_LATERAL /* LATERAL (…) */
};

static struct column_level *top(struct column_names *n)
{
    assert(n->depth < COLUMN_LEVELS_MAX);
    return &n->levels[n->depth];
}

void column_names_init(struct column_names *n)
{
    n->depth = n->skipped = n->end = 0;
    n->last = n->before = W_OPEN;
    n->levels[0] = (struct column_level){.may_be_values = true};
}

/* ---- levels ---- */

/* Opens a level. Beyond COLUMN_LEVELS_MAX nothing is read: the item keeps the engine's name, and brackets are
 * only counted until they are closed again. */
static void open_level(struct column_names *n, enum opened opened, enum clause clause)
{
    if (n->depth + 1 == COLUMN_LEVELS_MAX) {
        expression_give_up(top(n));
        n->skipped++;
        return;
    }
    struct column_level *l = &n->levels[++n->depth];
    assert(n->depth < COLUMN_LEVELS_MAX && n->skipped == 0);
    *l = (struct column_level){
        .opened = (uint8_t)opened, .clause = (uint8_t)clause, .name = NO_NAME, .may_be_values = true};
}

/* Whether nothing goes wrong when the item gets its name as an alias. */
static bool may_be_named(const struct column_names *n, const struct column_level *l)
{
    if (n->depth > 0 && l->opened < OPENED_QUERY)
        return false;
    return l->plain || l->origin != ORIGIN_COLUMN || l->opened != OPENED_LATERAL;
}

/* An item ends before the token that is being taken, and its list with it. */
static void end_item(struct column_names *n, bool last, struct column_event *out)
{
    struct column_level *l = top(n);
    bool aliased = l->state == ALIASED;
    assert(l->clause == CLAUSE_ITEMS && l->query);
    if (!aliased)
        expression_resolve(l);
    bool named = !aliased && !l->foreign && may_be_named(n, l);
    *out = (struct column_event){.kind = named     ? COLUMN_ITEM
                                         : aliased ? COLUMN_ALIASED
                                                   : COLUMN_OTHER,
                                 .at = n->end,
                                 .from = l->at,
                                 .name = l->name,
                                 .plain = named && l->plain,
                                 .source = n->depth > 0 && l->opened >= OPENED_CTE && !l->listed,
                                 .top = n->depth == 0 && !l->listed,
                                 .first = !l->begun,
                                 .last = last};
    l->begun = true;
    l->listed |= last;
    if (!l->has_first && !(l->foreign && !aliased))
        l->first = l->name;
    l->has_first = true;
}

/* The list of items or the rows end before the token that is being taken. */
static void end_list(struct column_names *n, struct column_event *out)
{
    struct column_level *l = top(n);
    if (l->clause == CLAUSE_ITEMS) {
        end_item(n, true, out);
    } else if (l->clause == CLAUSE_VALUES && l->may_be_values) {
        *out = (struct column_event){.kind = COLUMN_VALUES_END, .at = n->end, .columns = l->columns};
        l->may_be_values = false;
    } else if (l->clause == CLAUSE_EXPRESSION && !l->query) { /* ((SELECT 1) UNION …) */
        expression_resolve(l);
        l->first = l->foreign ? (struct str){0} : l->name;
        l->has_first = l->query = true;
    }
    l->clause = CLAUSE_ANY;
}

/* Behind SELECT or RETURNING, where the list of a query's columns begins. SELECT has a HEAD, which lets
 * DISTINCT and ALL pass. */
static void begin_items(struct column_names *n, const struct sql_token *t, enum state state)
{
    struct column_level *l = top(n);
    assert(state == HEAD || state == START);
    l->query = true;
    l->may_be_values = false;
    l->clause = CLAUSE_ITEMS;
    l->at = t->at + t->text.n;
    expression_begin(l, state);
}

/* A bracket that was an operand, with a row or a query in it or none. */
static void hand_up_operand(struct column_level *l, const struct column_level *c)
{
    if (c->query) {
        expression_operand(l, c->first, 2, false);
        l->foreign = l->foreign || !c->first.p; /* SELECT *: only the engine knows */
    } else if (c->columns) {
        expression_operand(l, STR("row"), 2, false);
    } else {
        expression_operand(l, c->name, c->strength, false);
        l->origin = l->settled ? l->origin : c->origin;
    }
}

/* What the level above takes from one that closes. */
static void hand_up(struct column_names *n, const struct column_level *c)
{
    struct column_level *l = top(n);
    assert(l + 1 == c);
    bool named = c->strength == 2 && (c->opened != OPENED_CASE || c->has_first);
    l->foreign = l->foreign || (c->foreign && !c->query);
    switch ((enum opened)c->opened) {
    case OPENED_OPERAND: hand_up_operand(l, c); return;
    case OPENED_CASE:
    case OPENED_CAST:
    case OPENED_TREAT:
        expression_operand(l, named || c->opened != OPENED_CASE ? c->name : STR("case"), named ? 2 : 1,
                           false);
        l->origin = l->settled || !named ? l->origin : c->origin;
        return;
    case OPENED_SOURCE:
    case OPENED_LATERAL:
        l->values_alias = c->values_alias;
        l->columns = c->columns;
        return;
    default:
        if (l->clause == CLAUSE_VALUES && l->columns == 0)
            l->columns = c->columns + 1;
    }
}

static void close_level(struct column_names *n, struct column_event *out)
{
    while (n->depth > 0 && top(n)->opened == OPENED_CASE)
        n->depth--; /* without its END */
    if (n->depth == 0)
        return;
    struct column_level *l = top(n);
    if (l->clause == CLAUSE_EXPRESSION)
        expression_resolve(l);
    else if (l->clause == CLAUSE_VALUES && l->opened >= OPENED_SOURCE)
        l->values_alias = 1;
    else if (l->clause != CLAUSE_ANY)
        end_list(n, out);
    n->depth--;
    if (l[-1].values_alias == 3) {
        if (l->columns + 1 < l[-1].columns)
            *out = (struct column_event){
                .kind = COLUMN_VALUES_REST, .at = n->end, .columns = l[-1].columns, .named = l->columns + 1};
        l[-1].values_alias = 0;
    }
    hand_up(n, l);
}

/* At END. PostgreSQL names a CASE after its ELSE where that has a name of its own, and "case" otherwise. */
static void close_case(struct column_names *n)
{
    struct column_level *l = top(n);
    assert(n->depth > 0 && l->opened == OPENED_CASE);
    expression_resolve(l);
    l->foreign = l->foreign && l->has_first; /* an END behind THEN closes an expression as well */
    n->depth--;
    hand_up(n, l);
}

/* What a bracket is that stands outside of expressions. */
static enum opened opened_outside(const struct column_names *n, const struct column_level *l)
{
    bool among_queries = n->depth == 0 || l->query;
    switch (n->last) {
    case W_AS: return OPENED_CTE;
    case W_UNION: return OPENED_QUERY;
    case W_ALL:
    case W_DISTINCT: return n->before == W_UNION ? OPENED_QUERY : OPENED_ASIDE;
    case W_OPEN: return n->depth == 0 || l->opened >= OPENED_QUERY ? OPENED_QUERY : OPENED_ASIDE;
    case W_NAME: return n->depth == 0 && !l->query ? OPENED_QUERY : OPENED_ASIDE; /* COPY (…) */
    case W_FROM:
    case W_SOURCE:
    case W_COMMA: return among_queries ? OPENED_SOURCE : OPENED_ASIDE;
    case W_LATERAL: return OPENED_LATERAL;
    default: return OPENED_ASIDE;
    }
}

/* A bracket in an expression. */
static void open_in_expression(struct column_names *n, struct column_level *l, char bracket)
{
    enum state state = l->state;
    enum column_word call = (enum column_word)l->call;
    if (state == HEAD || (bracket != '(' && state != HAVE && state != NAME_READ)) {
        l->state = START;
        state = bracket == '(' ? START : ENGINES;
    }
    switch (state) {
    case START: open_level(n, OPENED_OPERAND, CLAUSE_EXPRESSION); return;
    case HEAD_ON:
    case OPERATOR: l->state = START; break;
    case WINDOW:
    case BRACKET: l->state = HAVE; break;
    case HAVE:
    case NAME_READ:
        l->plain = false;
        if (bracket == '[' || l->in_type)
            break;
        if (state == HAVE) {
            expression_give_up(l);
            break;
        }
        l->state = HAVE;
        l->strength = l->settled ? l->strength : 2;
        l->origin = ORIGIN_OTHER;
        if (call == W_CAST || call == W_TREAT) {
            open_level(n, call == W_CAST ? OPENED_CAST : OPENED_TREAT, CLAUSE_EXPRESSION);
            return;
        }
        if (call == W_TRIM && !l->settled)
            l->name = STR("btrim");
        if (call == W_COLUMNS)
            l->foreign = true;
        open_level(n, call == W_TRIM ? OPENED_TRIM : OPENED_ASIDE, CLAUSE_ANY);
        return;
    default: expression_give_up(l);
    }
    open_level(n, OPENED_ASIDE, CLAUSE_ANY);
}

static void open_bracket(struct column_names *n, char bracket, struct column_event *out)
{
    struct column_level *l = top(n);
    if (l->clause == CLAUSE_EXPRESSION || l->clause == CLAUSE_ITEMS) {
        open_in_expression(n, l, bracket);
        return;
    }
    if (bracket == '(' && n->last == W_VALUES && l->may_be_values && l->clause == CLAUSE_ANY) {
        l->clause = CLAUSE_VALUES;
        l->query = l->has_first = true;
        l->first = STR("column1");
        l->columns = 0;
        l->may_be_values = n->depth == 0 || l->opened == OPENED_CTE;
        if (l->may_be_values)
            *out = (struct column_event){.kind = COLUMN_VALUES, .at = l->at};
    }
    l->foreign = l->foreign || n->last == W_COLUMNS;
    open_level(n, l->clause == CLAUSE_VALUES ? OPENED_ASIDE : opened_outside(n, l), CLAUSE_ANY);
}

/* ---- tokens of an expression ---- */

/* A word where an operand has to begin: a keyword that begins one, or the operand's name. */
static void take_word_first(struct column_names *n, const struct sql_token *t, enum column_word w)
{
    struct column_level *l = top(n);
    bool behind_is = n->last == W_IS || (n->last == W_NOT && n->before == W_IS);
    switch (w) {
    case W_CASE: open_level(n, OPENED_CASE, CLAUSE_EXPRESSION); return;
    case W_NULL: expression_operand(l, NO_NAME, 0, false); return;
    case W_NOT: expression_operator(l, START); return;
    case W_OPERATOR: expression_operator(l, OPERATOR); return;
    case W_BINARY:
        if (n->last == W_NOT)
            return;
        break;
    case W_NOISE:
        if (n->last == W_BINARY)
            return;
        break;
    case W_DISTINCT:
        if (behind_is) {
            l->state = IS_FROM;
            return;
        }
        break;
    default: break;
    }
    expression_name(l, t, w);
}

/* A word behind an operand: more of it, an operator, or an alias. */
static void take_word_behind(struct column_names *n, const struct sql_token *t, enum column_word w,
                             struct column_event *out)
{
    struct column_level *l = top(n);
    if (l->in_type && w == W_ARRAY)
        return;
    if (l->type != TYPE_ONE_WORD && expression_more_type(l, t, w))
        return;
    switch (w) {
    case W_BINARY:
    case W_NOT:
    case W_IS: expression_operator(l, START); return;
    case W_ISNULL: expression_operator(l, HAVE); return;
    case W_OVERLAPS:
        expression_settle(l, l->settled ? NO_NAME : STR("overlaps"), l->settled ? 0 : 2);
        l->state = START;
        return;
    case W_OPERATOR: expression_operator(l, OPERATOR); return;
    case W_COLLATE: l->state = COLLATION; return;
    case W_AT: l->state = AT; return;
    case W_FILTER: l->state = BRACKET; return;
    case W_OVER: l->state = WINDOW; return;
    case W_WITHIN: return;
    case W_UESCAPE: l->state = STRING; return;
    case W_GROUP:
        if (n->last == W_WITHIN)
            l->state = BRACKET;
        return;
    case W_FOR: /* COLLATION FOR (…) */
        l->name = STR("pg_collation_for");
        l->state = NAME_READ;
        return;
    case W_AS:
        if (l->opened == OPENED_CAST || l->opened == OPENED_TREAT) {
            expression_resolve(l);
            bool no_name = l->opened == OPENED_TREAT || l->strength <= 1;
            l->settled = l->in_type = false;
            l->strength = no_name ? 0 : l->strength;
            l->state = TYPE;
            return;
        }
        l->state = ALIAS;
        return;
    default:
        l->name = t->text;
        l->state = ALIASED;
        if (l->clause == CLAUSE_ITEMS)
            *out = (struct column_event){.kind = COLUMN_ALIAS, .at = t->at, .name = t->text};
    }
}

/* CASE's own words. false: it is none of them, or not in a CASE. */
static bool take_branch(struct column_names *n, enum column_word w)
{
    struct column_level *l = top(n);
    if (l->opened != OPENED_CASE || (w != W_BRANCH && w != W_ELSE && w != W_END))
        return false;
    if (w == W_END) {
        close_case(n);
        return true;
    }
    bool foreign = l->foreign;
    expression_begin(l, START);
    l->foreign = foreign;
    l->has_first = w == W_ELSE;
    return true;
}

static void take_word(struct column_names *n, const struct sql_token *t, enum column_word w,
                      struct column_event *out)
{
    struct column_level *l = top(n);
    bool named;
    if (take_branch(n, w))
        return;
    switch ((enum state)l->state) {
    case HEAD:
        if (w == W_ALL || w == W_DISTINCT)
            return;
        if (w == W_ON && n->last == W_DISTINCT) {
            l->state = HEAD_ON;
            return;
        }
        l->state = START;
        take_word_first(n, t, w);
        return;
    case START: take_word_first(n, t, w); return;
    case HAVE:
    case NAME_READ: take_word_behind(n, t, w, out); return;
    case DOT: /* what came before qualifies it, or is what it is taken of */
        if (!l->settled) {
            l->plain = l->plain && l->strength == 2;
            l->origin = ORIGIN_OTHER;
            l->name = t->text;
            l->strength = 2;
        }
        l->call = W_NAME;
        l->type = TYPE_ONE_WORD;
        l->state = NAME_READ;
        return;
    case TYPE: expression_type(l, t); return;
    case COLLATION:
        l->in_collation = true;
        l->plain = false;
        l->state = HAVE;
        return;
    case TYPE_WITH:
        (void)expression_rename_type(l, true, l->name.n == 4 ? STR("timetz") : STR("timestamptz"));
        l->state = TYPE_ZONE;
        return;
    case TYPE_WITHOUT: l->state = TYPE_ZONE; return;
    case AT: l->state = AT_TIME; return;
    case AT_TIME:
        named = !l->settled || l->strength == 2;
        expression_settle(l, named ? STR("timezone") : NO_NAME, named ? 2 : 0);
        l->state = START;
        return;
    case TYPE_ZONE:
    case WINDOW: l->state = HAVE; return;
    case IS_FROM: l->state = START; return;
    case ALIAS:
        l->name = t->text;
        l->state = ALIASED;
        return;
    default: expression_give_up(l);
    }
}

/* ---- tokens ---- */

static bool is_expression(const struct column_level *l)
{
    return l->clause == CLAUSE_EXPRESSION || l->clause == CLAUSE_ITEMS;
}

/* WHERE, UNION … */
static void take_tail(struct column_names *n, struct column_event *out)
{
    struct column_level *l = top(n);
    if (l->clause == CLAUSE_EXPRESSION && (!expression_is_complete(l) || l->opened != OPENED_OPERAND))
        expression_give_up(l);
    else
        end_list(n, out);
}

/* What a bracket with a query in it begins with, or one of its words. */
static void begin_query(struct column_level *l, const struct sql_token *t)
{
    l->query = true;
    l->clause = CLAUSE_ANY;
    l->at = t->at;
}

static bool is_more_of_expression(const struct column_names *n, const struct column_level *l,
                                  enum column_word w)
{
    return l->state == ALIAS || (l->state == IS_FROM && w == W_FROM) ||
           (w == W_FOR && n->last == W_COLLATION) || (w == W_GROUP && n->last == W_WITHIN) ||
           ((w == W_WITH || w == W_WITHOUT) && expression_is_complete(l) && l->type == TYPE_TIME);
}

static void take_any_word(struct column_names *n, const struct sql_token *t, enum column_word w,
                          struct column_event *out)
{
    struct column_level *l = top(n);
    bool expression = is_expression(l);
    bool begins = n->last == W_OPEN && l->clause == CLAUSE_EXPRESSION && l->opened == OPENED_OPERAND;
    if (expression && is_more_of_expression(n, l, w)) {
        take_word(n, t, w, out);
        return;
    }
    if (w == W_SESSION && n->last != W_AS)
        *out = (struct column_event){.kind = COLUMN_WORD, .at = t->at, .name = t->text};
    switch (w) {
    case W_SELECT:
    case W_RETURNING:
        if (!begins)
            end_list(n, out);
        begin_items(n, t, w == W_SELECT ? HEAD : START);
        return;
    case W_VALUES:
        if (l->clause == CLAUSE_ANY || begins)
            begin_query(l, t);
        else if (expression)
            take_word(n, t, w, out);
        return;
    case W_FROM:
    case W_WITH:
    case W_TAIL:
    case W_UNION:
    case W_FOR:
    case W_GROUP:
        if (begins)
            begin_query(l, t);
        else
            take_tail(n, out);
        return;
    case W_CHANGE: l->may_be_values = l->may_be_values && expression; return;
    default:
        if (expression)
            take_word(n, t, w, out);
        else if (l->opened == OPENED_TRIM && (w == W_TRIM_LEADING || w == W_TRIM_TRAILING) &&
                 !n->levels[n->depth - 1].settled)
            n->levels[n->depth - 1].name = w == W_TRIM_LEADING ? STR("ltrim") : STR("rtrim");
    }
}

/* A comma ends an item of the list. In a bracket that is an operand it makes a row, whose name is "row"
 * whatever its members are. */
static void take_comma(struct column_names *n, const struct sql_token *t, struct column_event *out)
{
    struct column_level *l = top(n);
    bool foreign = l->foreign;
    l->columns += l->clause != CLAUSE_VALUES;
    if (l->clause == CLAUSE_ITEMS) {
        end_item(n, false, out);
        expression_begin(l, START);
        l->at = t->at + 1;
    } else if (l->clause == CLAUSE_EXPRESSION && l->opened == OPENED_OPERAND) {
        expression_begin(l, START);
        l->foreign = foreign;
    } else if (l->clause == CLAUSE_EXPRESSION) {
        expression_give_up(l);
    }
}

static void take_punct(struct column_names *n, const struct sql_token *t, struct column_event *out)
{
    struct column_level *l = top(n);
    if (t->text.n == 1)
        switch (t->text.p[0]) {
        case '(':
        case '[':
        case '{': open_bracket(n, t->text.p[0], out); return;
        case ')':
        case ']':
        case '}': close_level(n, out); return;
        case ',': take_comma(n, t, out); return;
        case ';': end_list(n, out); return;
        default: break;
        }
    if (!is_expression(l))
        return;
    if (sql_token_is_typecast(t) && expression_is_complete(l)) {
        l->state = TYPE;
        l->in_type = false;
    } else if (sql_token_is(t, '.') && expression_is_complete(l)) {
        l->state = l->in_type ? TYPE : l->in_collation ? COLLATION : DOT;
    } else {
        expression_give_up(l);
    }
}

/* float(24) and below are float4. */
static void take_bits(struct column_names *n, const struct sql_token *t)
{
    struct column_level *l = n->depth > 0 && top(n)->opened == OPENED_ASIDE ? &n->levels[n->depth - 1] : NULL;
    int64_t bits;
    if (l && is_expression(l) && l->in_type && l->type == TYPE_FLOAT && expression_names_by_type(l) &&
        str_to_i64(t->text, 1, 24, &bits))
        l->name = STR("float4");
}

/* FROM (VALUES …) t: whether names of its columns follow; close_level sees where they end. */
static void take_values_alias(struct column_names *n, const struct sql_token *t, enum column_word w,
                              struct column_event *out)
{
    struct column_level *l = top(n);
    if (l->values_alias == 2) {
        bool names = sql_token_is(t, '(');
        if (!names)
            *out = (struct column_event){.kind = COLUMN_VALUES_ALIAS, .at = l->at, .columns = l->columns};
        l->values_alias = names ? 3 : 0;
    } else if (w != W_AS) {
        l->values_alias = l->values_alias == 1 && w == W_NAME ? 2 : 0;
        l->at = t->at + t->text.n;
    }
}

/* In levels too deep to be kept, only brackets and CASE … END count. */
static void take_skipped(struct column_names *n, const struct sql_token *t, enum column_word w)
{
    if (w == W_CASE || sql_token_is(t, '(') || sql_token_is(t, '[') || sql_token_is(t, '{'))
        n->skipped++;
    else if (w == W_END || sql_token_is(t, ')') || sql_token_is(t, ']') || sql_token_is(t, '}'))
        n->skipped--;
}

static void take(struct column_names *n, const struct sql_token *t, enum column_word w,
                 struct column_event *out)
{
    struct column_level *l = top(n);
    if (l->state == AT && w != W_TIME && is_expression(l)) {
        l->name = STR("at");
        l->state = ALIASED;
    }
    if (l->values_alias)
        take_values_alias(n, t, w, out);
    switch (t->kind) {
    case SQL_TOK_PUNCT: take_punct(n, t, out); return;
    case SQL_TOK_WORD:
    case SQL_TOK_QUOTED: take_any_word(n, t, w, out); return;
    case SQL_TOK_END:
    case SQL_TOK_BAD: end_list(n, out); return;
    default: break;
    }
    if (!is_expression(l)) {
        if (t->kind == SQL_TOK_NUMBER)
            take_bits(n, t);
    } else if (t->kind == SQL_TOK_OP) {
        expression_take_operator(l, t);
    } else {
        expression_take_literal(l, t);
    }
}

void column_names_take(struct column_names *n, const struct sql_token *t, struct column_event *out)
{
    enum column_word w = n->last == W_DOT && t->kind == SQL_TOK_WORD ? W_NAME : column_word_of(t);
    out->kind = COLUMN_NOTHING;
    if (n->skipped > 0)
        take_skipped(n, t, w);
    else
        take(n, t, w, out);
    n->before = n->last;
    n->last = (uint8_t)w;
    n->end = t->at + t->text.n;
}
