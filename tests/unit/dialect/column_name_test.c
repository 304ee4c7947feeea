#include "dialect/column_name.h"

#include "sql/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* What a select item is called. NULL: it has an alias, or is a star. From PostgreSQL 15.18. */
static const struct named {
    const char *item, *name;
} items[] = {
#include "column_name_items.inc"
};

enum { EVENTS_MAX = 16, NAME_MAX_BYTES = 128 };

static struct column_event events[EVENTS_MAX];
static size_t nevents;

/* The name of an event as a column has it. */
static const char *name_of(const struct column_event *event)
{
    static char text[NAME_MAX_BYTES];
    bool quoted = event->name.n > 0 && event->name.p[0] == '"';
    const struct sql_token t = {.kind = quoted ? SQL_TOK_QUOTED : SQL_TOK_WORD, .text = event->name};
    assert_true(event->name.n < sizeof text);
    text[sql_name_read(&t, text)] = '\0';
    return text;
}

static void run(const char *sql)
{
    static struct column_names names;
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, sql_tokens_of(str_of(sql)));
    column_names_init(&names);
    nevents = 0;
    do {
        struct column_event event;
        (void)sql_lexer_next(&l, &t);
        column_names_take(&names, &t, &event);
        if (event.kind != COLUMN_NOTHING && nevents < EVENTS_MAX)
            events[nevents++] = event;
    } while (t.kind != SQL_TOK_END);
}

/* In each of the places of a select list. */
static unsigned wrong_in(const char *before, const struct named *named, const char *behind)
{
    char sql[1024];
    const struct column_event *event = NULL;
    size_t start = strlen(before);
    (void)snprintf(sql, sizeof sql, "%s%s%s", before, named->item, behind);
    run(sql);
    for (size_t i = 0; i < nevents; i++) /* those of subqueries begin behind it */
        if (events[i].kind == COLUMN_ITEM && events[i].from <= start && events[i].at > start &&
            events[i].at <= start + strlen(named->item))
            event = &events[i];
    const char *got = event ? name_of(event) : NULL;
    if (!got == !named->name && (!got || strcmp(got, named->name) == 0))
        return 0;
    print_message("%s: %s, PostgreSQL: %s\n", sql, got ? got : "none", named->name ? named->name : "none");
    return 1;
}

static void test_items(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        wrong += wrong_in("select ", &items[i], "");
        wrong += wrong_in("select ", &items[i], "\nfrom t");
        wrong += wrong_in("select distinct on (a, b) 1 as one, ", &items[i], "\n, a from t order by 1");
        wrong += wrong_in("with q as (select ", &items[i], "\n) select * from q");
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
