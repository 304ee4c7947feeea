/* PostgreSQL's functions that the engine lacks or means otherwise: what they compute, a row at a time, over
 * values that know neither the engine nor the protocol. engine/functions.c makes each known to the engine
 * under its name. Pure. Any thread. Source: PostgreSQL 15 manual, chapter 9. */
#ifndef TAVANA_PGFUNC_FUNCTION_H
#define TAVANA_PGFUNC_FUNCTION_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tz;

enum {
    PG_ARGUMENTS_MAX = 8,              /* of one signature, without what is variadic */
    PG_RESULT_MAX = 256 * 1024 * 1024, /* bytes of one value that a function makes: 54000 beyond */
};

enum pg_kind {
    PG_END, /* of a list of arguments */
    PG_BOOL,
    PG_INT2,
    PG_INT4,
    PG_INT8,
    PG_FLOAT4,
    PG_FLOAT8,
    PG_HUGEINT, /* the engine's sum of integers: to PostgreSQL a numeric without fraction */
    PG_NUMERIC, /* the engine's DECIMAL(38, 10): the value times 10^10 */
    PG_NUMERIC_6, /* the engine's DECIMAL(38, 6): the same with six digits that are always shown; results alone */
    PG_TEXT,
    PG_BYTEA,
    PG_DATE,        /* days since 1970; INT32_MAX and -INT32_MAX are infinity */
    PG_TIME,        /* microseconds of the day */
    PG_TIMESTAMP,   /* microseconds since 1970; INT64_MAX and -INT64_MAX are infinity */
    PG_TIMESTAMPTZ, /* the same, in UTC */
    PG_INTERVAL,
    PG_UUID,
    PG_JSON,
    PG_JSONB,      /* as json_tree.h writes it */
    PG_TEXTS,      /* text[]; results alone */
    PG_TEXTS_LIST, /* a list of text[], all of one length; results alone */
};

enum { PG_NUMERIC_SCALE = 10, PG_NUMERIC_WIDTH = 38, PG_MICROS_SCALE = 6 };

struct pg_interval {
    int32_t months, days;
    int64_t micros;
};

struct pg_value {
    bool is_null;
    union {
        bool boolean;
        int64_t integer; /* INT2 … INT8, DATE, TIME, TIMESTAMP, TIMESTAMPTZ */
        double real;     /* FLOAT4, FLOAT8 */
        __int128 wide;   /* HUGEINT, NUMERIC; UUID as its 16 bytes, the first one highest */
        struct str text; /* TEXT, BYTEA, JSON, JSONB; lent */
        struct pg_interval interval;
    };
};

/* A text of a result that is a list: bytes of call->out. */
struct pg_item {
    size_t at, n;
    bool is_null;
};

/* One row's call. */
struct pg_call {
    const struct pg_value *args;
    size_t nargs;
    const struct tz *zone;  /* the session's TimeZone; of functions that say needs_zone */
    struct pg_value result; /* text of a result lies in out, or is an argument's own */
    struct buf *out;        /* empty before the call, bounded by PG_RESULT_MAX */
    struct buf *items;      /* struct pg_item of a list; empty before the call, bounded alike */
    size_t width;           /* PG_TEXTS_LIST: the length of each text[] */
    void **kept;            /* for the function, from row to row of one statement; first NULL */
    struct err *e;
};

/* Fills call->result; its errors are the user's, with PostgreSQL's SQLSTATE and words. */
typedef int pg_function_fn(struct pg_call *call);

struct pg_function {
    const char *name; /* as SQL calls it; several lines of one name are its overloads */
    enum pg_kind args[PG_ARGUMENTS_MAX + 1];
    enum pg_kind result;
    pg_function_fn *call;
    enum pg_kind variadic; /* PG_END: none */
    bool takes_null;       /* else a NULL among the arguments makes NULL without a call */
    bool is_volatile;
    bool needs_zone;
    void (*forget)(void *kept); /* ends what call->kept holds; NULL: nothing need be ended */
};

/* For the calls of the rows that follow. What was kept before is the caller's to end. */
static inline void pg_keep(struct pg_call *call, void *kept)
{
    *call->kept = kept;
}

/* What was put into call->out since it was `at` long is the list's next item. */
static inline void pg_put_item(struct pg_call *call, size_t at)
{
    const struct pg_item item = {.at = at, .n = call->out->len - at};
    buf_put(call->items, &item, sizeof item);
}

/* These bytes are. */
static inline void pg_put_text(struct pg_call *call, struct str text)
{
    size_t at = call->out->len;
    buf_put(call->out, text.p, text.n);
    pg_put_item(call, at);
}

static inline void pg_put_null(struct pg_call *call)
{
    const struct pg_item item = {.is_null = true};
    buf_put(call->items, &item, sizeof item);
}

/* Lists that end with a name of NULL: one a file of this room, all in functions.c. */
extern const struct pg_function *const pg_function_lists[];

#endif
