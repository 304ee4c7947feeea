/* A session: what a client has in the server from its connection to its end, whatever protocol it speaks. A
 * front has one for each of its clients, gives it a reply (reply.h) and itself (client.h), and calls what the
 * headers of this room offer; the session answers through those two and knows no message.
 *
 * Thread rule: one thread at a time, but for place and shared. Each part is written by the file that
 * declares it. */
#ifndef TAVANA_SESSION_SESSION_H
#define TAVANA_SESSION_SESSION_H

#include "base/arena.h"
#include "dialect/translate.h"
#include "session/activity.h"
#include "session/advisory.h"
#include "session/client.h"
#include "session/deadline.h"
#include "session/interrupts.h"
#include "session/lost_rows.h"
#include "session/memory.h"
#include "session/notify.h"
#include "session/on_commit.h"
#include "session/parse.h"
#include "session/portal.h"
#include "session/registry.h"
#include "session/reply.h"
#include "session/settings.h"
#include "session/statements.h"
#include "session/stats.h"
#include "session/transaction.h"

struct session_server;

enum { SESSION_MAGIC = 0x5e551011 };

/* Whether the session made or dropped schemas since it told the engine what search_path leads to. */
enum schemas_changed {
    SCHEMAS_SAME,
    SCHEMAS_CHANGED,
    SCHEMAS_MAY_COME_BACK /* with its transaction's end */
};

struct session {
    unsigned magic;
    struct session_server *server;
    struct reply *reply;
    struct session_client *client;
    char *user, *database; /* NULL: it has not said who it is */
    enum dialect_database database_is;
    enum schemas_changed schemas_changed;

    struct session_place place;   /* with the server's lock */
    struct session_shared shared; /* with shared.lock */
    struct activity activity;     /* the same */

    struct transaction tx;
    struct statements statements;
    struct portals portals;
    struct session_message message; /* that is worked on */
    struct arena message_arena;     /* cleared at its end */
    struct statement_stats stats;
    struct settings settings;
    struct session_memory memory;
    struct fetch_memo last_fetch;
    struct advisory_held advisory;
    struct notify_session notify;
    struct lost_rows lost;
    struct on_commit on_commit;

    struct backend_session *engine; /* made at the first statement that needs it */
    bool settings_applied;
    bool warned_of_drain; /* of the worker that holds its cursors */
};

/* Of a client that has just connected. Nothing can fail. */
void session_init(struct session *s, struct session_server *v, struct reply *reply,
                  struct session_client *client);
/* Who its client is. Copied; once. */
int session_identify(struct session *s, const char *user, const char *database, struct err *e);
/* It runs on w from here to session_rests; the server counts it. */
void session_runs(struct session *s, struct worker *w);
/* It waits for its client, or has ended. */
void session_rests(struct session *s);
/* What wakes a wait of its thread. While it runs. */
struct waker *session_bell(const struct session *s);
/* All that its client had goes: transaction, portals, statements, the engine's session, settings. While it
 * runs. */
void session_close(struct session *s);
/* After registry_release, or of one that never had a place. */
void session_release(struct session *s);

#endif
