#include "front/input.h"

#include "front/front_priv.h"

#include <assert.h>

/* Bytes that stay for the next message: more would count against all sessions while nothing is in it. */
enum { INPUT_KEPT = 1024 * 1024 };

size_t input_message_max(const struct pg_client *c)
{
    return session_config(&c->session)->message_max + FRAME_HEADER;
}

int input_fill(struct pg_client *c, bool soon, struct err *e)
{
    size_t max = input_message_max(c);
    size_t room = memory_input_max(&c->session.memory, CONN_READ_CHUNK); /* a small message has room always */
    size_t there = conn_input_bytes(c->conn) + CONN_READ_CHUNK; /* others may have taken what was left */
    if (room < there)
        room = there;
    if (room < max)
        max = room;
    int st = soon ? conn_fill_soon(c->conn, max, e) : conn_fill(c->conn, max, e);
    memory_count_input(&c->session.memory, conn_input_bytes(c->conn));
    return st;
}

void input_trim(struct pg_client *c)
{
    conn_trim(c->conn);
    memory_count_input(&c->session.memory, conn_input_bytes(c->conn));
}

void input_message_begin(struct pg_client *c, const struct frame *f)
{
    assert(c->input.message_bytes == 0 && c->input.skip == 0);
    c->input.message_bytes = f->total;
}

void input_message_end(struct pg_client *c)
{
    conn_consume(c->conn, c->input.message_bytes);
    c->input.message_bytes = 0;
    if (conn_input_bytes(c->conn) > INPUT_KEPT)
        input_trim(c);
}

void input_let_go(struct pg_client *c)
{
    input_message_end(c);
}

bool input_has_more(const struct pg_client *c)
{
    size_t n;
    (void)conn_input(c->conn, &n);
    return n > c->input.message_bytes;
}

char input_peek(const struct pg_client *c, size_t after)
{
    size_t n;
    const uint8_t *in = conn_input(c->conn, &n);
    if (n > after)
        return (char)in[after];
    return 0;
}

void input_skip(struct pg_client *c, size_t n)
{
    assert(c->input.skip == 0);
    c->input.skip = n;
    input_trim(c);
}

bool input_is_skipping(struct pg_client *c)
{
    size_t n;
    if (c->input.skip == 0)
        return false;
    (void)conn_input(c->conn, &n);
    if (n > c->input.skip)
        n = c->input.skip;
    conn_consume(c->conn, n);
    c->input.skip -= n;
    return c->input.skip > 0;
}
