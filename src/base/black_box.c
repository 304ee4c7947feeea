/* Memory that parent and child share: it outlives the child, and says what ran when it died. Slots are
 * written without a lock, each by its session's thread; the parent reads them when the child is gone. */
#include "base/black_box.h"

#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

enum state { FREE, TAKEN, RUNNING };

struct black_box_slot {
    _Atomic int state;
    _Atomic bool crashed;
    uint64_t fingerprint;
    int64_t begun_us;
    char text[BLACK_BOX_TEXT];
};

struct black_box {
    size_t bytes;
    unsigned nslots;
    _Atomic unsigned hint; /* where a free slot may be */
    _Atomic bool ready, stack_full;
    _Atomic int port;
    _Atomic unsigned restarts;
    struct black_box_slot slots[];
};

static struct black_box *box;
/* The slot of the statement that this thread runs. */
static _Thread_local struct black_box_slot *mine;

int black_box_open(unsigned slots, struct err *e)
{
    assert(!box);
    unsigned n = slots < BLACK_BOX_SLOTS_MAX ? slots : BLACK_BOX_SLOTS_MAX;
    size_t bytes = sizeof *box + n * sizeof box->slots[0];
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return err_errno(e, errno, "map memory that is shared with a child");
    box = p;
    box->bytes = bytes;
    box->nslots = n;
    return ST_OK;
}

void black_box_close(void)
{
    if (box)
        (void)munmap(box, box->bytes);
    box = NULL;
}

/* ---- the child ---- */

struct black_box_slot *black_box_take(void)
{
    if (!box)
        return NULL;
    unsigned from = atomic_fetch_add(&box->hint, 1); /* sessions begin their search at different slots */
    for (unsigned i = 0; i < box->nslots; i++) {
        struct black_box_slot *s = &box->slots[(from + i) % box->nslots];
        int is = FREE;
        if (atomic_load_explicit(&s->state, memory_order_relaxed) == FREE &&
            atomic_compare_exchange_strong(&s->state, &is, TAKEN))
            return s;
    }
    return NULL;
}

void black_box_give(struct black_box_slot *s)
{
    if (!s)
        return;
    assert(atomic_load_explicit(&s->state, memory_order_relaxed) !=
           FREE); /* it was taken, and not given yet */
    if (mine == s)
        mine = NULL;
    atomic_store(&s->state, FREE);
}

void black_box_begin(struct black_box_slot *s, uint64_t fingerprint, const char *text)
{
    if (!s)
        return;
    assert(atomic_load_explicit(&s->state, memory_order_relaxed) != FREE);
    mine = s;
    if (s->fingerprint == fingerprint && atomic_load_explicit(&s->state, memory_order_relaxed) == RUNNING)
        return; /* its next rows */
    size_t n = strnlen(text, sizeof s->text - 1);
    s->fingerprint = fingerprint;
    s->begun_us = clock_now_us();
    memcpy(s->text, text, n);
    s->text[n] = '\0';
    atomic_store_explicit(&s->state, RUNNING, memory_order_release);
}

void black_box_end(struct black_box_slot *s, bool idle)
{
    if (!s)
        return;
    if (!idle)
        atomic_store_explicit(&s->state, TAKEN, memory_order_release);
    mine = NULL;
}

void black_box_crash(bool stack_full)
{
    if (!box)
        return;
    if (stack_full)
        atomic_store(&box->stack_full, true);
    if (mine)
        atomic_store(&mine->crashed, true);
}

void black_box_set_ready(void)
{
    if (box)
        atomic_store(&box->ready, true);
}

void black_box_set_port(int port)
{
    if (box)
        atomic_store(&box->port, port);
}

int black_box_port(void)
{
    return box ? atomic_load(&box->port) : 0;
}

unsigned black_box_restarts(void)
{
    return box ? atomic_load(&box->restarts) : 0;
}

/* ---- the parent ---- */

void black_box_read(struct black_box_death *out)
{
    *out = (struct black_box_death){0};
    if (!box)
        return;
    out->was_ready = atomic_load(&box->ready);
    out->stack_full = atomic_load(&box->stack_full);
    for (unsigned i = 0; i < box->nslots; i++)
        out->running += atomic_load(&box->slots[i].state) == RUNNING;
}

bool black_box_next(unsigned *at, struct black_box_statement *out)
{
    for (; box && *at < box->nslots; (*at)++) {
        const struct black_box_slot *s = &box->slots[*at];
        if (atomic_load(&s->state) != RUNNING)
            continue;
        *out = (struct black_box_statement){
            .fingerprint = s->fingerprint, .begun_us = s->begun_us, .crashed = atomic_load(&s->crashed)};
        memcpy(out->text, s->text, sizeof out->text);
        out->text[sizeof out->text - 1] = '\0';
        (*at)++;
        return true;
    }
    return false;
}

void black_box_next_child(void)
{
    if (!box)
        return;
    for (unsigned i = 0; i < box->nslots; i++)
        if (atomic_load(&box->slots[i].state) != FREE)
            memset(&box->slots[i], 0, sizeof box->slots[i]);
    atomic_store(&box->stack_full, false);
    (void)atomic_fetch_add(&box->restarts, 1);
}
