/* A backend without an engine, for unit tests of session/ and route/. What a statement does is written in a
 * script; each call is logged, so that a test can tell what was asked and in which order; and a use that
 * backend/backend.h forbids is noted as a breach.
 *
 *   "select N"   needs no script: N rows of one column of 'i' (see fake_statement.columns), only read
 *   "head*"      in a script stands for every text that begins with head
 *   other texts  are looked up in the scripts, newest first; 42P01 for those that are in none
 *
 * Thread rule: as backend.h has it for the calls of the backend; the functions here may be called by the
 * test's thread at any time. */
#ifndef TAVANA_TESTS_SESSION_FAKE_BACKEND_H
#define TAVANA_TESTS_SESSION_FAKE_BACKEND_H

#include "backend/backend.h"

/* Calls that a test can make fail or wait, as the log names them. */
#define FAKE_CALLS(X)                                                                                        \
    X(SESSION_OPEN, "session_open")                                                                          \
    X(SPLIT, "split")                                                                                        \
    X(PREPARE, "prepare")                                                                                    \
    X(OPEN, "open")                                                                                          \
    X(START, "start")                                                                                        \
    X(FETCH, "fetch")                                                                                        \
    X(NEXT, "next")                                                                                          \
    X(AHEAD, "ahead")                                                                                        \
    X(PARK, "park")                                                                                          \
    X(SLICE, "slice")                                                                                        \
    X(COPY_OPEN, "copy_open")                                                                                \
    X(COPY_DATA, "copy_data")                                                                                \
    X(COPY_SETTLE, "copy_settle")                                                                            \
    X(COPY_FINISH, "copy_finish")                                                                            \
    X(BEGIN, "begin")                                                                                        \
    X(COMMIT, "commit")                                                                                      \
    X(ROLLBACK, "rollback")                                                                                  \
    X(APPLY_SETTINGS, "settings")                                                                            \
    X(SET_SEARCH_PATH, "search_path")                                                                        \
    X(RESET, "reset")

enum fake_call {
    FAKE_NO_CALL,
#define X(symbol, name) FAKE_##symbol,
    FAKE_CALLS(X)
#undef X
        FAKE_CALLS_COUNT
};

/* What exists at once, each made and ended by a pair of calls. */
enum fake_kind { FAKE_SESSIONS, FAKE_STMTS, FAKE_PORTALS, FAKE_STREAMS, FAKE_COPIES, FAKE_KINDS };

enum { FAKE_COLUMNS_MAX = 8, FAKE_SCRIPTS_MAX = 4 };

struct fake_statement {
    const char *sql;
    /* One letter a column: 'i' an int4, the row's number from 1; 't' a text, "r" and the number; 'n' NULL;
     * 'w' a text of 1000 bytes. NULL: it returns no rows. */
    const char *columns;
    uint64_t rows;
    enum backend_effect effect;
    const char *tag; /* as backend_stmt_info has it; NULL: like SELECT */
    bool tag_count;
    uint64_t affected;
    uint16_t nparams;        /* each an int4 */
    enum fake_call fails_at; /* PREPARE, OPEN, START, FETCH, NEXT, PARK, SLICE; FAKE_NO_CALL: nowhere */
    enum sqlstate code;
    int32_t position;    /* of fails_at PREPARE: in the text */
    uint64_t after_rows; /* of fails_at NEXT: so many rows come first */
};

/* Whether a call that waits hears a cancel. */
enum fake_hearing {
    FAKE_HEARS, /* it ends with 57014 */
    FAKE_LATE,  /* it goes on until it is released */
    FAKE_DEAF,  /* the same, and says so: whoever cannot wait may leave the session behind */
};

struct fake;

/* NULL without memory. */
struct fake *fake_new(void);
/* Nothing may be open. NULL is fine. */
void fake_free(struct fake *f);
struct backend *fake_backend(struct fake *f);

/* n statements, lent until fake_free; at most FAKE_SCRIPTS_MAX calls. */
void fake_script(struct fake *f, const struct fake_statement *statements, size_t n);
/* Rows of a batch at most; 0: as many as a fetch allows. */
void fake_batch_rows(struct fake *f, uint64_t n);
/* park answers ST_AGAIN so many times to a caller that sets a time. */
void fake_park_slowly(struct fake *f, unsigned times);

/* The next call of this kind fails so. */
void fake_fail(struct fake *f, enum fake_call call, enum sqlstate code);
/* The next call of this kind waits until it is released. */
void fake_block(struct fake *f, enum fake_call call, enum fake_hearing hearing);
/* Waits until a call waits; false after some seconds. */
bool fake_is_blocked(struct fake *f);
void fake_release(struct fake *f);

/* The calls since the last time, as "prepare select 1, open select 1, start select 1, fetch 0+2, …"; without
 * next, cancel and what an opened session is told first. Valid until it is asked again. One after the other
 * of copy_data is one, with all of the bytes. */
const char *fake_log(struct fake *f);
/* What was done against the contract, "" for nothing. */
const char *fake_breaches(struct fake *f);
/* How many of a kind exist; how often cancel was called. */
unsigned fake_open(struct fake *f, enum fake_kind kind);
unsigned fake_cancels(struct fake *f);
/* All kinds together. */
unsigned fake_open_all(struct fake *f);

#endif
