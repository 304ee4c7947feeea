/* What is on its way to a session's client. Small messages gather in `bytes` and are written together;
 * rows go straight from their batch, by the session or, in a long result, by a thread of its own
 * (writer.h). A socket that takes nothing is waited for, with everything that may end the wait: a client
 * that has gone (08006), the end of the server (57P01, 57P02), flush_timeout (08006). All errors are
 * sticky: the session ends.
 *
 * Thread rule: the session's own thread, but for what is marked. rows/pace.h decides when and how much. */
#ifndef TAVANA_FRONT_OUTPUT_H
#define TAVANA_FRONT_OUTPUT_H

#include "base/buf.h"
#include "base/err.h"
#include "front/writer.h"
#include "rows/pace.h"

struct row_batch;
struct pg_client;

struct output {
    struct buf bytes;  /* whole messages; while they are held, the monitor's too */
    bool write_failed; /* the last of it may have gone out in part */
    bool due;          /* there is something in it that the client is not to wait for: output_flush_due */
    bool held;         /* with the session's shared.lock: the monitor may send what is in there … */
    size_t held_sent;  /* … and has sent so much of it */
    int64_t held_since_us;
    struct writer *writer; /* NULL: none */
    struct pace pace;
};

/* All messages that have gathered go to the client. */
int output_flush(struct pg_client *c, struct err *e);
/* The same once there are as many as are written at once (write_buffer_size): between two messages. */
int output_flush_full(struct pg_client *c, struct err *e);
/* The same when nothing follows at once: rows, errors, notices and what answers a Query or a Sync. Other
 * answers of the extended protocol wait for Sync or Flush, or until there are PACE_ANSWERS_BYTES of them. */
int output_flush_due(struct pg_client *c, struct err *e);
/* The client waits for what has gathered: output_flush_due. */
void output_is_due(struct pg_client *c);
/* n bytes of rows, behind the messages. */
int output_rows(struct pg_client *c, const void *p, size_t n, struct err *e);
/* The same of a batch, whose memory may be exchanged. */
int output_batch(struct pg_client *c, struct row_batch *batch, struct err *e);
/* Waits until the writer has written all that it was given. */
int output_drain(struct pg_client *c, struct err *e);
/* What would be flushed waits for what comes next, so that both go together: while the session is busy with
 * that the monitor sends it when it has waited for PACE_HOLD_US. */
void output_hold(struct pg_client *c);
void output_unhold(struct pg_client *c);
/* The monitor's thread, with the session's lock. */
void output_send_held(struct pg_client *c, int64_t now_us);
/* The monitor's thread, with the session's lock, of a session whose thread was left behind: what was about
 * to be sent, and why nothing follows it. What the socket does not take at once is lost. */
void output_last_words(struct pg_client *c, const struct err *why, int64_t now_us);
/* Answers that wait for Sync, and no more memory than they need. While the session is parked. */
void output_trim(struct pg_client *c);
/* Nothing has been put into it. */
void output_init(struct output *o);
/* Nothing follows. */
void output_release(struct output *o);

enum { OUTPUT_MAX = 64 * 1024 * 1024 }; /* of the messages of one statement that are not rows */

#endif
