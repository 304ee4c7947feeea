/* The engine hands the hook a transaction, which leads to the context of its connection, and from that
 * to the session. An INSERT calls it for each row: the connection of the last call is kept by the
 * thread, for as long as no connection has gone. */
#include "engine/guard_sequences.h"

#include "engine/catalog.h"
#include "engine/guard_conns.h"
#include "engine/guard_priv.h"
#include "engine/sequence_values.h"

#include <assert.h>
#include <dlfcn.h>
#include <string.h>

#define NEXT_VALUE "_ZN6duckdb20SequenceCatalogEntry9NextValueERNS_15DuckTransactionE"

/* Byte offsets in objects of DuckDB 1.5 (the version that tools/engine.version pins). */
enum { ENTRY_NUMBER_AT = 8, TRANSACTION_CONTEXT_AT = 16 };

enum { TRIAL_START = 42 };

static struct {
    int64_t (*next)(void *sequence, void *transaction);
    const void *(*catalog)(const void *sequence);
    bool (*is_temporary)(const void *catalog);
} engine;

/* What the hook goes on to, and what tells a temporary sequence. */
static int look_up(struct err *e)
{
    const struct {
        void *to;
        const char *name;
    } parts[] = {
        {&engine.next, NEXT_VALUE},
        {&engine.catalog, "_ZN6duckdb14InCatalogEntry13ParentCatalogEv"},
        {&engine.is_temporary, "_ZNK6duckdb7Catalog18IsTemporaryCatalogEv"},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        void *found = dlsym(RTLD_NEXT, parts[i].name);
        if (!found)
            return err_set(e, SQLSTATE_INTERNAL_ERROR,
                           "this engine library has no %s, without which currval is not known",
                           parts[i].name);
        memcpy(parts[i].to, &found, sizeof found);
    }
    return ST_OK;
}

/* Whose it is. NULL: nobody's. */
static struct engine_conn *conn_of(const void *context)
{
    static _Thread_local const void *last;
    static _Thread_local struct engine_conn *found;
    static _Thread_local uint64_t then;
    uint64_t now = guard_conns_gone();
    if (context != last || now != then) {
        found = context ? guard_conn_of(context) : NULL;
        last = found ? context : NULL;
        then = now;
    }
    return found;
}

/* As the catalog's views show it. */
static int64_t number_of(const void *sequence)
{
    int64_t number;
    memcpy(&number, (const char *)sequence + ENTRY_NUMBER_AT, sizeof number);
    return number + (engine.is_temporary(engine.catalog(sequence)) ? ENGINE_TEMPORARY_OIDS : ENGINE_OWN_OIDS);
}

int64_t guard_next_value(void *sequence, void *transaction) HOOK(NEXT_VALUE);
int64_t guard_next_value(void *sequence, void *transaction)
{
    struct err ignored;
    err_init(&ignored);
    if (!engine.next)
        (void)look_up(&ignored);
    assert(engine.next); /* it has called what it exports */
    int64_t value = engine.next(sequence, transaction);
    const void *context;
    memcpy(&context, (const char *)transaction + TRANSACTION_CONTEXT_AT, sizeof context);
    const struct engine_conn *c = guard_is_closed() ? conn_of(context) : NULL;
    if (c && c->sequences)
        sequence_values_put(c->sequences, number_of(sequence), value);
    return value;
}

int guard_sequences_try(struct engine_conn *c, struct err *e)
{
    int64_t value = 0;
    TRY(look_up(e));
    c->sequences = sequence_values_new();
    if (!c->sequences)
        return err_oom(e);
    int st = engine_exec(
        c,
        "CREATE TEMP SEQUENCE tavana_trial START 42; SELECT system.main.nextval('temp.main.tavana_trial'); "
        "DROP SEQUENCE temp.main.tavana_trial",
        e);
    bool is_reached = sequence_values_last(c->sequences, &value) && value == TRIAL_START;
    sequence_values_free(c->sequences);
    c->sequences = NULL;
    if (st == ST_OK && !is_reached)
        return err_set(e, SQLSTATE_INTERNAL_ERROR,
                       "this engine library does not tell whose values a sequence gives");
    return st;
}
