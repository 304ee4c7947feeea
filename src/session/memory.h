/* What a client can make the session keep, against session_memory_max. The session's
 * own thread. */
#ifndef TAVANA_SESSION_MEMORY_H
#define TAVANA_SESSION_MEMORY_H

#include "base/account.h"
#include "base/err.h"

#include <stddef.h>

struct session;

/* Each of the inner two leaves MEMORY_RESERVE to those around it, so that a session that is full still
 * takes a ROLLBACK, CLOSE or DEALLOCATE, in either protocol. */
enum { MEMORY_RESERVE = 128 * 1024 };
struct session_memory {
    struct account all; /* with the message under way: its input, and what is made of it until it is over */
    struct account unnamed; /* of all: with the unnamed statement and portal */
    struct account
        named;    /* of unnamed: statements and portals with names, cursors, results, settings to be undone */
    size_t input; /* bytes of the client's messages in memory, as all was told */
};

/* Nothing is taken yet. pool: that all sessions share, or those of a user; NULL is fine. */
void memory_init(struct session_memory *m, size_t max, struct account_pool *pool);
/* All has been given back, but for input: the pool may go before the session. */
void memory_leave_pool(struct session_memory *m);
/* At the beginning of a message: the limit as it is now, and nothing refused yet. */
void memory_begin(struct session_memory *m, size_t max);
/* That what has this name counts against. */
struct account *memory_of(struct session *s, const char *name);
/* So many bytes more, of *counted; 53200 beyond what the session may take. */
int memory_count(struct account *a, size_t *counted, size_t n, struct err *e);
/* How much of the client's input may be in memory, in bytes; at least this many. */
size_t memory_input_max(const struct session_memory *m, size_t least);
/* So much of it is now. */
void memory_count_input(struct session_memory *m, size_t now);
/* A message of so many bytes finds no room: memory_name_limit is to say so. */
void memory_refuse(struct session_memory *m, size_t wanted);
/* Says of 53200 that it is this session's limit, when it is. */
void memory_name_limit(struct session *s, struct err *e);

#endif
