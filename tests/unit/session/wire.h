/* Clients of a rig (rig.h): they send real messages over a Unix pair and read answers as a line of text:
 *
 *   1 2 3 n s I    ParseComplete, BindComplete, CloseComplete, NoData, PortalSuspended, EmptyQueryResponse
 *   t(2) T(i1,t2)  ParameterDescription with so many, RowDescription; T(i1:b) a column in binary
 *   (1,r1,NULL)    a DataRow; binary values as #00000001
 *   [SELECT 1]     CommandComplete
 *   Z:I            ReadyForQuery
 *   R:10           an authentication request, by its number
 *   E:42601        ErrorResponse (E:42601@8 with a position); F:57P01 one that is FATAL; N:25P01 a
 *                  notice or warning
 *   P:name=value   ParameterStatus
 *   G(1) H(1)      CopyInResponse, CopyOutResponse with so many columns
 *   d:text c       CopyData ('/' is a newline), CopyDone
 *   closed         the connection has ended; silence: nothing came for some seconds
 *
 * Messages go to the client that was made or chosen last. A test's thread uses all this alone. */
#ifndef TAVANA_TESTS_SESSION_WIRE_H
#define TAVANA_TESTS_SESSION_WIRE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct client;

/* A connection that has said nothing; it is chosen. */
struct client *client_new(void);
/* The same, logged in. */
struct client *client_login(void);
void use(struct client *c);
/* Its socket is closed. */
void client_close(struct client *c);
/* The chosen one's. */
void client_close_now(void);
/* The same, and it is forgotten. */
void client_free(struct client *c);
/* All of them, for the rig's end. */
void clients_free(void);
/* CancelRequest for the session of c, over a connection of its own. */
void client_cancel(const struct client *c);
uint32_t client_pid(const struct client *c);
/* The kernel takes few bytes for it from now on. */
void client_reads_little(struct client *c);

/* Messages, put until they are sent: as in tests/e2e/wire.py Parse, Bind, Describe, Execute, Close, Sync,
 * Flush, Query. Values of BV are text, NULL ends them. */
void P(const char *statement, const char *sql);
void B(const char *portal, const char *statement);
void BV(const char *portal, const char *statement, ...) __attribute__((sentinel));
/* All results in one format. */
void BF(const char *portal, const char *statement, int16_t format);
void D(char kind, const char *name);
void E(const char *portal, int max_rows);
void C(char kind, const char *name);
void S(void);
void H(void);
void Q(const char *sql);
/* CopyData, CopyDone, CopyFail. */
void copy_data(const char *text);
void copy_done(void);
void copy_fail(const char *why);
void message(char type, const void *payload, size_t n);
/* Start-up packet of version 3.0: pairs of name and value, NULL ends them. */
void startup(const char *name, ...) __attribute__((sentinel));
/* Any bytes. */
void bytes(const void *p, size_t n);
void send_all(void);
/* Sends; then bytes as they come, without looking at them; -1 after some seconds. */
long client_recv(void *p, size_t n);
/* Sends; then as many ReadyForQuery as the messages cause (Sync and Query), so many messages, or all to the
 * end. */
const char *answers(void);
const char *until_ready(void); /* the next one */
const char *notes(unsigned n);
const char *to_the_end(void);
/* What came with the last authentication request. */
const char *last_auth(void);
/* Message text of the last error that came. */
const char *last_message(void);

#define expect(text)          assert_string_equal(answers(), text)
#define expect_notes(n, text) assert_string_equal(notes(n), text)
/* One query and its whole answer. */
#define ask(sql, text) (Q(sql), expect(text))

#endif
