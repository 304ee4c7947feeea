#include "sql/repeats.h"

#include <stddef.h>

static bool any_of(const struct sql_token *t, const char *const *words)
{
    for (; *words; words++)
        if (sql_token_is_word(t, *words))
            return true;
    return false;
}

/* Functions that are called without brackets, too, and samples. */
static bool is_fickle_word(const struct sql_token *t)
{
    static const char *const words[] = {"current_date",   "current_time", "current_timestamp", "localtime",
                                        "localtimestamp", "sample",       "tablesample",       NULL};
    return any_of(t, words);
}

static bool is_fickle_function(const struct sql_token *t)
{
    static const char *const words[] = {"random",
                                        "setseed",
                                        "uuid",
                                        "uuidv4",
                                        "uuidv7",
                                        "gen_random_uuid",
                                        "uuid_generate_v4",
                                        "nextval",
                                        "currval",
                                        "now",
                                        "today",
                                        "get_current_time",
                                        "get_current_timestamp",
                                        "current_localtime",
                                        "current_localtimestamp",
                                        "transaction_timestamp",
                                        "statement_timestamp",
                                        "clock_timestamp",
                                        "timeofday",
                                        "txid_current",
                                        "age",
                                        NULL};
    return any_of(t, words);
}

bool sql_repeats(struct sql_tokens sql)
{
    struct sql_lexer l;
    struct sql_token t, next;
    sql_lexer_init(&l, sql);
    (void)sql_lexer_next(&l, &t);
    while (t.kind != SQL_TOK_END) {
        (void)sql_lexer_next(&l, &next);
        if (t.kind == SQL_TOK_BAD || is_fickle_word(&t) ||
            (sql_token_is(&next, '(') && is_fickle_function(&t)))
            return false;
        t = next;
    }
    return true;
}
