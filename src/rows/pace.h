/* Pace: when rows are written to the client, by which thread, how many at once, and how far ahead of the
 * client they are made. All decisions about that and all of their constants are here; session/, backend/ and
 * rpc/ ask. docs/decisions/rows.md has the runs that the measurements name.
 *
 * Plain pace (pace_set_plain) switches all of it off: every batch is written at once by the thread that made
 * it, nothing is held back, gathered or made ahead. What the client gets is the same, byte for byte: tests
 * compare the two, and the bench measures what pacing gains.
 *
 * Thread rule: pace_set_plain before there are sessions; a struct pace belongs to its session's thread. */
#ifndef TAVANA_ROWS_PACE_H
#define TAVANA_ROWS_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    /* Messages of the extended protocol that need no answer at once gather up to this many bytes, as in
     * PostgreSQL, whose output buffer has that size (libpq/pqcomm.c). */
    PACE_ANSWERS_BYTES = 8192,

    /* A session whose last PACE_BRIEF_RESULTS results ended within PACE_BRIEF_US of their first rows sends
     * rows and end in one packet: one system call less of two for `select 1`. The monitor sends what has been
     * held for PACE_HOLD_US, so a wrong guess costs at most that and one tick of the monitor. */
    PACE_BRIEF_RESULTS = 4,
    PACE_BRIEF_US = 2000,
    PACE_HOLD_US = 4000,

    /* The writer thread. Waking it costs 5 to 30 us on a virtual machine, paid by the thread that makes rows
     * (2,930 wakes of lineitem took 5 to 8 % of its time). So it begins with a result of PACE_WRITER_FROM
     * bytes, takes no batch below PACE_WRITER_BATCH (written sooner than handed over) and no more than
     * PACE_WRITER_MESSAGES bytes of copied messages; and when it has nothing to write it naps
     * PACE_WRITER_NAPS times for PACE_WRITER_NAP_US, during which only PACE_WRITER_WAKE bytes wake it. */
    PACE_WRITER_FROM = 512 * 1024,
    PACE_WRITER_BATCH = 16 * 1024,
    PACE_WRITER_MESSAGES = 64 * 1024,
    PACE_WRITER_NAP_US = 2000,
    PACE_WRITER_NAPS = 4,
    PACE_WRITER_WAKE = 1024 * 1024,

    /* Pages. A client that asks for its next page later than PACE_LATE_US after the last one does more than
     * read: the session writes PACE_LATE_BYTES of such a page itself (pgjdbc, pages of 10,000 rows: 5.39 and
     * 4.29 s). After a page of at least PACE_AHEAD_FROM bytes, rows of the next one are made ahead, up to
     * PACE_AHEAD bytes (lineitem in pages of 10,000 rows: 1.106 and 1.041 s; 2 MB: no difference). */
    PACE_LATE_US = 1000,
    PACE_LATE_BYTES = 4 * 1024 * 1024,
    PACE_AHEAD_FROM = 64 * 1024,
    PACE_AHEAD = 512 * 1024,

    /* Batches. What counts is how often the writer and the client are woken. A stream that fills a batch of
     * at least PACE_GROW_FROM bytes within PACE_GROW_WITHIN_US of the one before fills one twice as large
     * next time, up to ROW_BATCH_MAX (lineitem, batches up to 32 KB 1.79 s, 256 KB 1.48 s; in another run
     * 256 KB 1.62 s, 1 MB 1.36 s): its rows wait for no more than PACE_GROW_FROM bytes if it is slow. A page
     * grows to PACE_PAGE_BATCH, so that one batch is made while another is written (1 MB: portals took 3 to
     * 6 % longer in binary). Rows that the engine's pipeline has encoded are handed on as they lie; so
     * batches of them grow to PACE_ENCODED_BATCH alone, since more would have to be copied together, which
     * took all that the pipeline gains (0.87 s instead of 0.96 s). */
    PACE_GROW_FROM = 64 * 1024,
    PACE_GROW_WITHIN_US = 20 * 1000,
    PACE_PAGE_BATCH = 512 * 1024,
    PACE_ENCODED_BATCH = 256 * 1024,

    /* A gateway. Each write wakes the client: of messages of rows that have come within PACE_FAST_US of one
     * another PACE_FAST_MESSAGES times in a row, two go together when the next is there within PACE_JOIN_MS.
     */
    PACE_FAST_US = 2000,
    PACE_FAST_MESSAGES = 8,
    PACE_JOIN_MS = 1,

    /* After a long result the client has still to read it: its next message is waited for so long before the
     * session is parked, which would end its writer. */
    PACE_LINGER_US = 20 * 1000,
};

/* What a session remembers of its client. Zeroed: nothing yet. */
struct pace {
    unsigned brief_results; /* in a row */
    int64_t page_ended_us;  /* 0: there was none */
    bool page_is_late;      /* the one that is being sent */
};

/* Of the process; before there are sessions. */
void pace_set_plain(bool plain);
/* Whether it was set. */
bool pace_is_plain(void);

/* Whether the first rows of a result wait for what follows them. */
bool pace_holds_first_rows(const struct pace *p);
/* A result has ended well: after so many batches, and so long after the first one. */
void pace_result_ended(struct pace *p, unsigned batches, int64_t since_first_us);
/* It has failed. */
void pace_result_failed(struct pace *p);

/* Around the rows of a page (Execute with max_rows, FETCH n). */
void pace_page_begins(struct pace *p, int64_t now_us);
/* Its last row has gone out. */
void pace_page_ended(struct pace *p, int64_t now_us);
/* Rows that are no page. */
void pace_no_page(struct pace *p);
/* Whether rows of the next page are worth making while the client reads this one, of `bytes`. */
bool pace_makes_ahead(size_t bytes);

/* What a fetch wants of its batches. */
struct pace_fetch {
    size_t bytes;    /* a batch is handed on with so many … */
    size_t most;     /* … which may grow so far; 0: as far as pace lets them */
    size_t before;   /* what they had grown to in the fetch before; 0: there was none */
    bool is_page;    /* it ends after a number of rows */
    bool is_encoded; /* by the engine's pipeline */
};

/* The batches of one fetch. */
struct pace_batch {
    size_t bytes;    /* with which one is full */
    size_t most;     /* that `bytes` grows to */
    int64_t full_us; /* when the last full one was handed on; 0: none was */
};

/* A page begins with what the page before it grew to. */
struct pace_batch pace_batch_for(const struct pace_fetch *wanted);
/* Whether pace_batch_filled would have anything to say of a batch of so many bytes: else no clock is read. */
bool pace_batch_may_grow(const struct pace_batch *b, size_t bytes);
/* A full one is handed on: the next one is larger if this one filled quickly. */
void pace_batch_filled(struct pace_batch *b, int64_t now_us);

/* Whether a result of so many bytes until now is worth a writer. */
bool pace_wants_writer(const struct pace *p, uint64_t bytes);
/* Whether the session writes this batch itself although there is a writer. bytes: of the result until now. */
bool pace_bypasses_writer(const struct pace *p, uint64_t bytes, size_t batch_bytes);

/* Whether a gateway waits for the next message of rows, after so many that came fast. */
bool pace_joins_messages(unsigned fast);

#endif
