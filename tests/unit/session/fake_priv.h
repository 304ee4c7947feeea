/* What the files of the fake backend share. */
#ifndef TAVANA_TESTS_SESSION_FAKE_PRIV_H
#define TAVANA_TESTS_SESSION_FAKE_PRIV_H

#include "fake_backend.h"

#include "rows/row_batch.h"
#include "rows/row_stream.h"

#include <pthread.h>

enum { LOG_MAX = 64 * 1024, BREACHES_MAX = 4096, SELECT_MAX = 64 };

struct fake {
    struct backend base;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    const struct fake_statement *scripts[FAKE_SCRIPTS_MAX];
    size_t lengths[FAKE_SCRIPTS_MAX];
    size_t nscripts;
    uint64_t batch_rows;
    unsigned slow_parks;
    enum fake_call failing;
    enum sqlstate code;
    enum fake_call blocking;
    enum fake_hearing hearing;
    bool blocked, released;
    unsigned open[FAKE_KINDS];
    unsigned cancels;
    size_t log_len, taken_len, breaches_len;
    bool log_copies; /* its last entry is copy_data's */
    char log[LOG_MAX], taken[LOG_MAX], breaches[BREACHES_MAX];
};

struct fake_session {
    struct backend_session base;
    struct fake *fake;
    unsigned open[FAKE_KINDS];
    unsigned tx;    /* number of the transaction that is open; 0: none */
    unsigned txs;   /* that there were */
    bool cancelled; /* with the fake's lock: what waits now */
    bool waits;
};

struct fake_stmt {
    struct backend_stmt base;
    struct fake_session *session;
    struct fake_statement script;
    char text[SELECT_MAX]; /* of "select N" */
    uint32_t oids[FAKE_COLUMNS_MAX];
};

struct fake_portal;

struct fake_stream {
    struct row_stream base;
    struct fake_portal *portal; /* NULL: closed */
    struct backend_fetch how;
    uint64_t at, left; /* rows, in how's direction */
    bool failed;
    struct err err;
    struct row_batch batch;
};

struct fake_portal {
    struct backend_portal base;
    struct fake_session *session;
    struct fake_statement script;
    char text[SELECT_MAX];
    uint64_t first; /* of a slice: the row of the whole that is its first */
    bool backward;  /* of a slice: its rows are those before `first`, the nearest first */
    unsigned tx;    /* that it was started in; 0: none */
    bool parked;
    unsigned slow_parks;
    struct fake_stream stream;
};

struct fake_copy {
    struct backend_copy base;
    struct fake_session *session;
    uint64_t rows;
    bool bad; /* a line was "bad" */
};

/* As the log has them. */
extern const char *const fake_names[];

void fake_lock(struct fake *f);
void fake_unlock(struct fake *f);
/* With the lock: an entry of the log; a breach unless it holds; by more of a kind. */
void fake_note(struct fake *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void fake_expect(struct fake *f, bool holds, const char *breach, const char *of);
void fake_count(struct fake_session *s, enum fake_kind kind, int by);
/* What every call begins with: logs it, waits and fails as it was told. detail NULL: it is not logged. script
 * NULL: of no statement. */
int fake_enter(struct fake_session *s, enum fake_call call, const char *detail,
               const struct fake_statement *script, struct err *e);
/* Something of a kind, zeroed and counted; and the end of it, logged: its memory is the caller's. */
void *fake_make(struct fake_session *s, enum fake_kind kind, size_t size, struct err *e);
void fake_unmake(struct fake_session *s, enum fake_kind kind, const char *what, const char *of);

/* fake_rows.c, fake_copy.c: calls of backend_ops */
int fake_prepare(struct backend_session *b, const struct sql_tokens *tokens, const uint32_t *oids,
                 size_t noids, struct backend_stmt **out, struct err *e);
void fake_stmt_free(struct backend_stmt *b);
int fake_open_portal(struct backend_session *b, struct backend_stmt *stmt, const struct backend_param *params,
                     size_t nparams, struct backend_portal **out, struct err *e);
int fake_start(struct backend_portal *b, struct err *e);
int fake_fetch(struct backend_portal *b, const struct backend_fetch *how, struct row_stream **out,
               struct err *e);
int fake_ahead(struct backend_portal *b);
int fake_park(struct backend_portal *b, int64_t until_us, struct err *e);
int fake_slice(struct backend_portal *b, const struct backend_fetch *how, struct backend_portal **out,
               struct err *e);
void fake_portal_close(struct backend_portal *b);
int fake_copy_open(struct backend_session *b, const struct backend_copy_in *in, struct backend_copy **out,
                   struct err *e);
int fake_copy_data(struct backend_copy *b, const void *p, size_t n, struct err *e);
int fake_copy_settle(struct backend_copy *b, struct err *e);
int fake_copy_finish(struct backend_copy *b, uint64_t *rows, struct err *e);
void fake_copy_close(struct backend_copy *b);

#endif
