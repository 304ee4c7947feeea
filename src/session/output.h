/* What is on its way to a session's client. Small messages gather in `bytes` and are written together;
 * rows go straight from their batch, by the session or, in a long result, by a thread of its own
 * (writer.h). A socket that takes nothing is waited for, with everything that may end the wait: a client
 * that has gone (08006), the end of the server (57P01, 57P02), flush_timeout (08006). All errors are
 * sticky: the session ends.
 *
 * Thread rule: the session's own thread, but for what is marked. rows/pace.h decides when and how much. */
#ifndef TAVANA_SESSION_OUTPUT_H
#define TAVANA_SESSION_OUTPUT_H

#include "base/buf.h"
#include "base/err.h"
#include "rows/pace.h"
#include "session/writer.h"

struct row_batch;
struct session;
struct waker;

struct output {
    struct buf bytes;  /* whole messages; while they are held, the monitor's too */
    bool write_failed; /* the last of it may have gone out in part */
    bool due;          /* there is something in it that the client is not to wait for: session_flush_due */
    bool held;         /* with the session's lock: the monitor may send what is in there … */
    size_t held_sent;  /* … and has sent so much of it */
    int64_t held_since_us;
    struct writer *writer; /* NULL: none */
    struct pace pace;
    bool slow_logged; /* that the client is slow, of this write */
};

/* All messages that have gathered go to the client. */
int session_flush(struct session *s, struct err *e);
/* The same once there are as many as are written at once (write_buffer_size): between two messages. */
int session_flush_full(struct session *s, struct err *e);
/* The same when nothing follows at once: rows, errors, notices and what answers a Query or a Sync. Other
 * answers of the extended protocol wait for Sync or Flush, or until there are PACE_ANSWERS_BYTES of them. */
int session_flush_due(struct session *s, struct err *e);
/* The client waits for what has gathered: session_flush_due. */
void session_answer_is_due(struct session *s);
/* n bytes of rows, behind the messages. */
int session_send_rows(struct session *s, const void *p, size_t n, struct err *e);
/* The same of a batch, whose memory may be exchanged. */
int session_send_batch(struct session *s, struct row_batch *batch, struct err *e);
/* Waits until the writer has written all that it was given. */
int session_drain(struct session *s, struct err *e);
/* What would be flushed waits for what comes next, so that both go together: while the session is busy with
 * that the monitor sends it when it has waited for PACE_HOLD_US. */
void session_hold(struct session *s);
void session_unhold(struct session *s);
/* The monitor's thread, with the session's lock. */
void session_send_held(struct session *s, int64_t now_us);
/* n bytes to the socket, however long that takes within the limits. bell NULL: on the writer's thread. */
int session_write(struct session *s, struct waker *bell, const uint8_t *p, size_t n, struct err *e);

#endif
