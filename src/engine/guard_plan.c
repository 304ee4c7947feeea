/* Hooks before functions of the engine that planning goes through (guard_hooks.c says how they work), and
 * before the operators new and delete, which are the whole process's. ASan has operators of its own: then
 * nothing is counted, and calls are bounded alone.
 *
 * An exception is thrown by the hooks, where the engine throws its own. Only what allocates twice the bound
 * between two hooks is ended by the operator itself, as if no memory were left. */
#include "engine/guard_plan.h"

#include "engine/guard_memory.h"
#include "engine/guard_priv.h"
#include "engine/heap.h"

#include <assert.h>
#include <dlfcn.h>
#include <string.h>

#define BIND_CHILD                                                                                           \
    "_ZN6duckdb16ExpressionBinder9BindChildERNS_10unique_ptrINS_16ParsedExpressionESt14default_deleteIS2_E"  \
    "Lb1EEEmRNS_9ErrorDataE"
#define TABLE_INDEX "_ZN6duckdb6Binder18GenerateTableIndexEv"
#define ENUMERATE                                                                                            \
    "_ZN6duckdb18ExpressionIterator17EnumerateChildrenERNS_10ExpressionERKSt8functionIFvRNS_10unique_ptrIS1" \
    "_St14default_deleteIS1_ELb1EEEEE"
#define NEW          "_Znwm"
#define NEW_ARRAY    "_Znam"
#define DELETE       "_ZdlPv" /* libstdc++'s with a size go on to it */
#define DELETE_ARRAY "_ZdaPv"

enum {
    STEP_BYTES = 32 * 1024 * 1024,
    EXCEPTION_BYTES = 16,
    CALL_BYTES = 64 /* what a call counts as where bytes cannot be counted */
};

#define NEVER_BYTES (SIZE_MAX / 2) /* nobody has so much */

#if defined(__has_feature) /* clang's way to say what gcc says by names of its own */
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_OPERATORS_OF_ITS_OWN
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(HAS_OPERATORS_OF_ITS_OWN)
#define COUNTS_CALLS 1
#else
#define COUNTS_CALLS 0
#endif

static struct {
    void (*bind_child)(void *binder, void *expression, uint64_t depth, void *error);
    uint64_t (*table_index)(void *binder);
    void (*enumerate)(void *expression, const void *callback);
    bool (*is_interrupted)(const void *context);
    void *(*allocate_exception)(size_t n);
    void (*throw_exception)(void *exception, void *type, void (*destroy)(void *));
    void (*make_refusal)(void *exception, const struct guard_string *message);
    void (*make_interrupt)(void *exception);
    void (*destroy_exception)(void *exception);
    void *refusal_type;
    void *interrupt_type;
} engine;

static bool is_ready;
static uint64_t looks; /* atomic */
static _Thread_local struct guard_plan plan;

int guard_plan_init(struct err *e)
{
    const struct {
        void *to;
        const char *name;
        void *where;
    } parts[] = {
        {&engine.bind_child, BIND_CHILD, RTLD_NEXT},
        {&engine.table_index, TABLE_INDEX, RTLD_NEXT},
        {&engine.enumerate, ENUMERATE, RTLD_NEXT},
        {&engine.is_interrupted, "_ZNK6duckdb13ClientContext13IsInterruptedEv", RTLD_DEFAULT},
        {&engine.allocate_exception, "__cxa_allocate_exception", RTLD_DEFAULT},
        {&engine.throw_exception, "__cxa_throw", RTLD_DEFAULT},
        {&engine.make_refusal, "_ZN6duckdb19PermissionExceptionC1ERK" STRING, RTLD_DEFAULT},
        {&engine.make_interrupt, "_ZN6duckdb18InterruptExceptionC1Ev", RTLD_DEFAULT},
        {&engine.destroy_exception, "_ZNSt13runtime_errorD1Ev", RTLD_DEFAULT},
        {&engine.refusal_type, "_ZTIN6duckdb19PermissionExceptionE", RTLD_DEFAULT},
        {&engine.interrupt_type, "_ZTIN6duckdb18InterruptExceptionE", RTLD_DEFAULT},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        void *found = dlsym(parts[i].where, parts[i].name);
        if (!found)
            return err_set(e, SQLSTATE_INTERNAL_ERROR,
                           "this engine library has no %s, without which planning cannot be bounded",
                           parts[i].name);
        memcpy(parts[i].to, &found, sizeof found);
    }
    is_ready = true;
    return ST_OK;
}

/* An engine may be loaded before it is guarded: its library plans as it starts. */
static void ready(void)
{
    struct err ignored;
    err_init(&ignored);
    if (!is_ready)
        (void)guard_plan_init(&ignored);
}

uint64_t guard_plan_looks(void)
{
    return __atomic_load_n(&looks, __ATOMIC_RELAXED);
}

void guard_plan_begin(struct guard_plan *was, const struct engine_conn *c, size_t n)
{
    *was = plan;
    int64_t most = n > INT64_MAX / 2 / GUARD_PLAN_BYTES_PER_BYTE
                       ? INT64_MAX / 2
                       : GUARD_PLAN_BYTES + (int64_t)n * GUARD_PLAN_BYTES_PER_BYTE;
    plan = (struct guard_plan){.context = c->guard.context, .most = most, .step = STEP_BYTES};
#if !COUNTS_CALLS
    plan.heap = heap_counters();
#endif
}

void guard_plan_end(const struct guard_plan *was)
{
    plan = *was;
}

/* ---- looking ---- */

/* The exception's own memory is not counted. error.c knows both texts. NULL: an interrupt. */
static _Noreturn void end_plan(const char *why)
{
    struct guard_string message = {.p = why, .n = why ? strlen(why) : 0};
    const void *context = plan.context;
    plan.context = NULL;
    void *exception = engine.allocate_exception(EXCEPTION_BYTES);
    if (why)
        engine.make_refusal(exception, &message);
    else
        engine.make_interrupt(exception);
    plan.context = context;
    engine.throw_exception(exception, why ? engine.refusal_type : engine.interrupt_type,
                           engine.destroy_exception);
    __builtin_unreachable();
}

static void look(void)
{
    ready();
    if (!plan.context)
        return;
    (void)__atomic_fetch_add(&looks, 1, __ATOMIC_RELAXED);
    if (COUNTS_CALLS)
        plan.taken += CALL_BYTES;
    if (engine.is_interrupted(plan.context))
        end_plan(NULL);
    if (plan.taken > plan.most)
        end_plan("the statement is too complex to be planned");
    if (plan.taken > plan.step) {
        plan.step = plan.taken + STEP_BYTES;
        if (!guard_memory_is_there(GUARD_MEMORY_LARGE))
            end_plan("no memory is left to plan the statement");
    }
}

void guard_bind_child(void *binder, void *expression, uint64_t depth, void *error) HOOK(BIND_CHILD);
void guard_bind_child(void *binder, void *expression, uint64_t depth, void *error)
{
    look();
    engine.bind_child(binder, expression, depth, error);
}

uint64_t guard_table_index(void *binder) HOOK(TABLE_INDEX);
uint64_t guard_table_index(void *binder)
{
    look();
    return engine.table_index(binder);
}

void guard_enumerate(void *expression, const void *callback) HOOK(ENUMERATE);
void guard_enumerate(void *expression, const void *callback)
{
    look();
    engine.enumerate(expression, callback);
}

/* ---- counting ---- */

#if !COUNTS_CALLS

/* Whether a piece may be had. What catches the error may allocate. */
static bool is_within(size_t n)
{
    if (n >= GUARD_MEMORY_LARGE && !guard_memory_is_there(n))
        return false;
    if (!plan.context || plan.taken <= 2 * plan.most)
        return true;
    plan.most += STEP_BYTES;
    return false;
}

/* Bytes that this thread has taken in its life, less those that it gave back. */
static int64_t held(void)
{
    return (int64_t)(*plan.heap.taken - *plan.heap.given);
}

static void *count_new(size_t n)
{
    if (__builtin_expect(!plan.context, 1))
        return heap_take(is_within(n) ? n : NEVER_BYTES);
    int64_t before = held();
    void *p = heap_take(is_within(n) ? n : NEVER_BYTES);
    plan.taken += held() - before;
    return p;
}

static void count_delete(void *p)
{
    if (__builtin_expect(!plan.context, 1)) {
        heap_give_back(p);
        return;
    }
    int64_t before = held();
    heap_give_back(p);
    plan.taken += held() - before;
}

void *guard_new(size_t n) HOOK(NEW);
void *guard_new(size_t n)
{
    return count_new(n);
}

void *guard_new_array(size_t n) HOOK(NEW_ARRAY);
void *guard_new_array(size_t n)
{
    return count_new(n);
}

void guard_delete(void *p) HOOK(DELETE);
void guard_delete(void *p)
{
    count_delete(p);
}

void guard_delete_array(void *p) HOOK(DELETE_ARRAY);
void guard_delete_array(void *p)
{
    count_delete(p);
}

#endif
