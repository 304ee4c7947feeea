/* For tests of session/: a server of sessions over the fake backend, and its clients. A test's thread uses
 * all this alone. */
#ifndef TAVANA_TESTS_SESSION_RIG_H
#define TAVANA_TESTS_SESSION_RIG_H

#include "fake_backend.h"
#include "wire.h"

#include "session/server.h"

struct pg_front;

extern struct fake *fake;
extern struct session_server *server;
extern struct pg_front *front;

/* What rig_set_up uses: limits that no test meets by chance, no time limits. */
void rig_config(struct session_config *out);
/* Before rig_start: an address that CancelRequests are sent on to; once. */
void rig_set_peer(const char *address);
/* threads: of the pool; with one a session's thread is known (see rig_fail_nth). */
void rig_start(const struct session_config *c, unsigned threads);
/* Clients go, sessions end; nothing may be left of them, in the fake, the server or the metrics. */
void rig_stop(void);
/* cmocka's fixtures: rig_start with rig_config and a client that has logged in; rig_stop. */
int rig_set_up(void **state);
int rig_tear_down(void **state);
/* The pool's only thread is to fail its nth allocation from now on; 0 switches it off. Whether it came to
 * that since. Waits for what the thread does. */
void rig_fail_nth(unsigned nth);
bool rig_failed(void);

/* What the pool's only thread has found in bytes of SQL, and parsed, since it was asked the last time. */
struct rig_work {
    uint64_t tokens, trees;
};
struct rig_work rig_work(void);

#define expect_log(text) assert_string_equal(fake_log(fake), text)

/* Waits until it is so; fails the test after some seconds. */
#define wait_until(condition)                                                                                \
    do {                                                                                                     \
        for (int waited_ = 0; !(condition); waited_++) {                                                     \
            assert_true(waited_ < 50000);                                                                    \
            rig_sleep_us(100);                                                                               \
        }                                                                                                    \
    } while (0)
void rig_sleep_ms(int ms);
void rig_sleep_us(int us);

#endif
