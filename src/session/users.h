/* What each user has of what all share, so that one of them cannot have all of it: sessions, threads that
 * run them, memory of theirs and of results on their way, open cursors. There is a record of every user who
 * has a session. With the server's lock, but for what threads, results and memory point to, which are safe by
 * themselves, and the count of cursors, which any thread may change that has one of its sessions. */
#ifndef TAVANA_SESSION_USERS_H
#define TAVANA_SESSION_USERS_H

#include "base/err.h"
#include "base/list.h"

#include <stdbool.h>
#include <stddef.h>

struct account_pool;
struct admission_share;
struct session_user;
struct task_owner;

enum { USERS_BUCKETS = 256 };

/* Of one user. */
struct users_limits {
    unsigned sessions; /* 0: users are not told apart */
    unsigned threads;
    size_t memory;                   /* bytes of its sessions beyond ACCOUNT_OWN each, in … */
    struct account_pool *all_memory; /* … what all sessions share */
};

struct users {
    struct users_limits limits;
    struct list buckets[USERS_BUCKETS];
};

void users_init(struct users *u, const struct users_limits *limits);
/* One session more of this user: *out is its record, NULL when users are not told apart.
 * 53300: it has as many as it may have. */
int users_enter(struct users *u, const char *name, struct session_user **out, struct err *e);
/* The session counts no longer, but may still use the record. NULL is fine. */
void users_discount(struct session_user *user);
/* The session is gone; counted: it did count until now. Returns the record when it was the last one: it is
 * the caller's then, for session_user_free or for the pool (thread_pool_release_owner). NULL is fine. */
struct session_user *users_leave(struct session_user *user, bool counted);
void session_user_free(struct session_user *user);
/* NULL of NULL. */
struct task_owner *session_user_threads(struct session_user *user);
struct admission_share *session_user_results(struct session_user *user);
struct account_pool *session_user_memory(struct session_user *user);
/* Open cursors; 0 of NULL. */
unsigned session_user_cursors(const struct session_user *user);
/* One more (1) or one less (-1). NULL is fine. */
void session_user_count_cursor(struct session_user *user, int change);

#endif
