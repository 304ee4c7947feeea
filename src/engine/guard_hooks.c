/* Functions of the engine that ours stand before. Each has the name that the engine's compiler gave it, so
 * that the dynamic linker finds ours first, and the same arguments: what is no plain value is passed by
 * address, and that of a class is its "this". Nothing here returns a class, and no lock is held where an
 * exception passes through.
 *
 * Of the engine's objects four things are read: the string at the start of a catalog's or a statement's
 * names, the kind of a catalog's entry, a type's number, and the context that a search path belongs to.
 * guard_close tries that each is what it is taken for. */
#include "engine/guard_hooks.h"

#include "engine/guard_priv.h"

#include "engine/guard.h"
#include "engine/guard_conns.h"
#include "engine/guard_files.h"
#include "engine/guard_json.h"
#include "engine/guard_names.h"
#include "engine/guard_owners.h"
#include "pgtype/catalog_type.h"

#include <assert.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#define LOOKUP "_ZN6duckdb10CatalogSet16GetEntryDetailedENS_18CatalogTransactionERK" STRING
#define CREATE                                                                                               \
    "_ZN6duckdb10CatalogSet11CreateEntryENS_18CatalogTransactionERK" STRING                                  \
    "NS_10unique_ptrINS_12CatalogEntryESt14default_deleteISB_ELb1EEERKNS_21LogicalDependencyListE"
#define DROP        "_ZN6duckdb10CatalogSet9DropEntryENS_18CatalogTransactionERK" STRING "bb"
#define FILE_ACCESS "_ZN6duckdb16OpenerFileSystem27VerifyCanAccessFileInternalERK" STRING "NS_8FileTypeE"
#define ATTACH_TYPE                                                                                          \
    "_ZN6duckdb15DatabaseManager15GetDatabaseTypeERNS_13ClientContextERNS_10AttachInfoERKNS_8DBConfigE"      \
    "RNS_13AttachOptionsE"
#define ATTACH_END                                                                                           \
    "_ZN6duckdb15DatabaseManager14FinalizeAttachERNS_13ClientContextERNS_10AttachInfoE"                      \
    "NS_10shared_ptrINS_16AttachedDatabaseELb1EEE"
#define DETACH                                                                                               \
    "_ZN6duckdb15DatabaseManager14DetachDatabaseERNS_13ClientContextERK" STRING "NS_15OnEntryNotFoundE"
#define RENAME                                                                                               \
    "_ZN6duckdb15DatabaseManager14RenameDatabaseERNS_13ClientContextERK" STRING "SA_NS_15OnEntryNotFoundE"
#define SET_PATHS                                                                                            \
    "_ZN6duckdb17CatalogSearchPath16SetPathsInternalENS_6vectorINS_18CatalogSearchEntryELb1ESaIS2_EEE"
#define BIND                                                                                                 \
    "_ZN6duckdb14FunctionBinder12BindFunctionERK" STRING "RNS_17ScalarFunctionSetERKNS_6vectorI"             \
    "NS_11LogicalTypeELb1ESaISC_EEERNS_9ErrorDataE"
#define DATABASE  "_ZN6duckdb15DatabaseManager11GetDatabaseERNS_13ClientContextERK" STRING
#define READ_JSON "_ZN13duckdb_yyjson16yyjson_read_optsEPcmjPKNS_10yyjson_alcEPNS_15yyjson_read_errE"

/* ---- the engine's objects ---- */

struct transaction {
    void *database;
    const void *context;
    void *transaction;
    uint64_t id, start;
};

struct lookup {
    const void *entry; /* NULL: there is none */
    uint8_t reason;
};

struct read_error {
    uint32_t code;
    const char *message;
    size_t at;
};

enum {
    ENTRY_KIND_AT = 16,
    ENTRY_TABLE_FUNCTION = 25,
    ENTRY_SCALAR_FUNCTION,
    ENTRY_AGGREGATE,
    ENTRY_PRAGMA,
    ENTRY_MACRO = 30,
    ENTRY_TABLE_MACRO,
    ENTRY_TYPE = 8,
    ENTRY_SECRET = 71,
    ATTACH_NAME_AT = 16,
    ATTACH_PATH_AT = 48,
    PATH_ENTRY_BYTES = 72,
    TYPE_BYTES = 24,
    TYPE_VARIANT = 109,
    READ_ERROR_DEPTH = 13 /* one more than the library's own */
};

/* Byte offsets in objects of DuckDB 1.5 (the version that tools/engine.version pins). */
static uint8_t kind_of(const void *entry)
{
    return ((const uint8_t *)entry)[ENTRY_KIND_AT];
}

static struct str text_of(const void *string)
{
    const struct guard_string *s = string;
    return (struct str){s->p, s->n};
}

/* ---- what the hooks go on to, and the engine's exception ---- */

static struct {
    struct lookup (*lookup)(void *set, struct transaction t, const void *name);
    bool (*create)(void *set, struct transaction t, const void *name, void **entry, const void *depends);
    bool (*drop)(void *set, struct transaction t, const void *name, bool cascade, bool internal);
    void (*file_access)(void *files, const void *path, uint8_t type);
    void (*attach_type)(void *databases, const void *context, void *info, const void *config, void *options);
    void *(*attach_end)(void *databases, const void *context, void *info, void *database);
    void (*detach)(void *databases, const void *context, const void *name, uint8_t missing);
    void (*rename)(void *databases, const void *context, const void *from, const void *to, uint8_t missing);
    void (*set_paths)(void *path, void *paths);
    void *(*database)(void *databases, const void *context, const void *name);
    uint64_t (*bind)(void *binder, const void *name, void *functions, const void *types, void *error);
    void *(*read_json)(char *text, size_t n, uint32_t flags, const void *allocator, struct read_error *error);

    void *(*allocate_exception)(size_t n);
    void (*throw_exception)(void *exception, void *type, void (*destroy)(void *));
    void (*make_exception)(void *exception, const struct guard_string *message);
    void (*destroy_exception)(void *exception);
    void *exception_type;
    const char *client_files; /* the class of a statement's file system */
} engine;

enum { EXCEPTION_BYTES = 16, VTABLE_HEAD = 16 };

static bool is_ready;
static uint64_t reached[GUARD_HOOKS];

const char *const guard_hook_names[GUARD_HOOKS] = {
    "the look-up of functions", "access to files",          "ATTACH", "DETACH",
    "the search path",          "the choice of a function", "JSON",   "secrets",
    "the look-up of catalogs",
};

int guard_hooks_init(struct err *e)
{
    const struct {
        void *to;
        const char *name;
        void *where;
    } parts[] = {
        {&engine.lookup, LOOKUP, RTLD_NEXT},
        {&engine.create, CREATE, RTLD_NEXT},
        {&engine.drop, DROP, RTLD_NEXT},
        {&engine.file_access, FILE_ACCESS, RTLD_NEXT},
        {&engine.attach_type, ATTACH_TYPE, RTLD_NEXT},
        {&engine.attach_end, ATTACH_END, RTLD_NEXT},
        {&engine.detach, DETACH, RTLD_NEXT},
        {&engine.rename, RENAME, RTLD_NEXT},
        {&engine.set_paths, SET_PATHS, RTLD_NEXT},
        {&engine.database, DATABASE, RTLD_NEXT},
        {&engine.bind, BIND, RTLD_NEXT},
        {&engine.read_json, READ_JSON, RTLD_NEXT},
        {&engine.allocate_exception, "__cxa_allocate_exception", RTLD_DEFAULT},
        {&engine.throw_exception, "__cxa_throw", RTLD_DEFAULT},
        {&engine.make_exception, "_ZN6duckdb19PermissionExceptionC1ERK" STRING, RTLD_DEFAULT},
        {&engine.destroy_exception, "_ZNSt13runtime_errorD1Ev", RTLD_DEFAULT},
        {&engine.exception_type, "_ZTIN6duckdb19PermissionExceptionE", RTLD_DEFAULT},
        {&engine.client_files, "_ZTVN6duckdb16ClientFileSystemE", RTLD_DEFAULT},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        void *found = dlsym(parts[i].where, parts[i].name);
        if (!found)
            return err_set(e, SQLSTATE_INTERNAL_ERROR,
                           "this engine library has no %s, without which SQL cannot be held", parts[i].name);
        memcpy(parts[i].to, &found, sizeof found);
    }
    is_ready = true;
    return ST_OK;
}

uint64_t guard_hooks_reached(enum guard_hook hook)
{
    assert(hook < GUARD_HOOKS);
    return __atomic_load_n(&reached[hook], __ATOMIC_RELAXED);
}

static void note(enum guard_hook hook)
{
    (void)__atomic_fetch_add(&reached[hook], 1, __ATOMIC_RELAXED);
}

/* An engine may be loaded before guard_init: its library looks functions up as it starts. */
static void ready(void)
{
    struct err ignored;
    err_init(&ignored);
    if (!is_ready)
        (void)guard_hooks_init(&ignored);
}

/* Throws the engine's own exception through the engine's frames, which clean up after themselves as they do
 * for its own. Nothing of ours may be held: a lock would stay locked. */
static _Noreturn void refuse(const char *what, struct str name)
{
    char text[GUARD_NAME_MAX + 64];
    int n = snprintf(text, sizeof text, "permission denied for %s %.*s", what,
                     (int)(name.n < GUARD_NAME_MAX ? name.n : GUARD_NAME_MAX), name.p);
    struct guard_string message = {.p = text, .n = (size_t)n};
    void *exception = engine.allocate_exception(EXCEPTION_BYTES);
    engine.make_exception(exception, &message);
    engine.throw_exception(exception, engine.exception_type, engine.destroy_exception);
    __builtin_unreachable();
}

/* ---- functions ---- */

/* The sink's function may be called by a wrapped statement of ours alone, and as often as that needs. */
static bool is_refused(struct engine_conn *c, struct str name, enum guard_verdict verdict)
{
    switch (verdict) {
    case GUARD_FREE: return false;
    case GUARD_REFUSED: return !guard_is_allowed(c->engine, name);
    case GUARD_OURS: return !c->guard.own;
    case GUARD_SINK:
        if (c->guard.sink_calls == 0)
            return true;
        c->guard.sink_calls--;
        return false;
    }
    return true;
}

struct lookup guard_lookup(void *set, struct transaction t, const void *name) HOOK(LOOKUP);
struct lookup guard_lookup(void *set, struct transaction t, const void *name)
{
    ready();
    struct lookup found = engine.lookup(set, t, name);
    if (!found.entry || !t.context || !guard_is_closed())
        return found;
    uint8_t kind = kind_of(found.entry);
    if (kind < ENTRY_TABLE_FUNCTION || kind > ENTRY_PRAGMA)
        return found;
    enum guard_verdict verdict = guard_function(text_of(name), kind == ENTRY_TABLE_FUNCTION);
    if (verdict == GUARD_FREE)
        return found;
    struct engine_conn *c = guard_conn_of(t.context);
    if (c)
        note(GUARD_HOOK_LOOKUP);
    if (c && is_refused(c, text_of(name), verdict))
        refuse("function", text_of(name));
    return found;
}

uint64_t guard_bind(void *binder, const void *name, void *functions, const void *types, void *error)
    HOOK(BIND);
uint64_t guard_bind(void *binder, const void *name, void *functions, const void *types, void *error)
{
    ready();
    if (guard_is_closed()) {
        const uint8_t *const *range = types;
        for (const uint8_t *type = range[0]; type < range[1]; type += TYPE_BYTES)
            if (*type == TYPE_VARIANT) {
                note(GUARD_HOOK_BIND);
                if (guard_breaks_on_variant(text_of(name)))
                    refuse("a VARIANT in function", text_of(name));
            }
    }
    return engine.bind(binder, name, functions, types, error);
}

/* ---- files ---- */

/* Statements and extensions open files through the file system of their connection, the engine its own files
 * through the database's. */
void guard_file_access(void *files, const void *path, uint8_t type) HOOK(FILE_ACCESS);
void guard_file_access(void *files, const void *path, uint8_t type)
{
    ready();
    if (*(const char **)files == engine.client_files + VTABLE_HEAD && guard_is_closed()) {
        note(GUARD_HOOK_FILE);
        if (guard_files_refuse(text_of(path)))
            refuse("file", text_of(path));
    }
    engine.file_access(files, path, type);
}

/* ---- catalogs ---- */

/* It is this session's, or of one that has gone. What nobody has noted is the engine's or the operator's. */
static bool may_take(const struct engine_conn *c, enum guard_object kind, struct str name)
{
    uint64_t owner;
    if (!guard_owners_find(c->engine, kind, name, &owner) || owner == 0)
        return false;
    return owner == c->guard.owner || !guard_owner_is_here(c->engine, owner);
}

static bool may_make(const struct engine_conn *c, enum guard_object kind, struct str name)
{
    uint64_t owner;
    return !guard_owners_find(c->engine, kind, name, &owner) || may_take(c, kind, name);
}

void guard_attach_type(void *databases, const void *context, void *info, const void *config, void *options)
    HOOK(ATTACH_TYPE);
void guard_attach_type(void *databases, const void *context, void *info, const void *config, void *options)
{
    ready();
    struct str name = text_of((char *)info + ATTACH_NAME_AT);
    struct str path = text_of((char *)info + ATTACH_PATH_AT);
    const struct engine_conn *c = guard_is_closed() ? guard_conn_of(context) : NULL;
    if (c) {
        note(GUARD_HOOK_ATTACH);
        if (guard_reserved_catalog(name) || !may_make(c, GUARD_CATALOG, name))
            refuse("database", name);
    }
    if (guard_is_closed() && guard_files_refuse(path))
        refuse("file", path);
    engine.attach_type(databases, context, info, config, options);
}

void *guard_attach_end(void *databases, const void *context, void *info, void *database) HOOK(ATTACH_END);
void *guard_attach_end(void *databases, const void *context, void *info, void *database)
{
    ready();
    void *attached = engine.attach_end(databases, context, info, database);
    const struct engine_conn *c = guard_is_closed() ? guard_conn_of(context) : NULL;
    if (c && attached)
        (void)guard_owners_put(c->engine, GUARD_CATALOG, text_of((char *)info + ATTACH_NAME_AT),
                               c->guard.owner);
    return attached;
}

/* A catalog that goes may take others with it that are its own: DuckLake's metadata. */
static _Thread_local bool detaches;

static void end_detach(const bool *was)
{
    detaches = *was;
}

/* What no session has attached is the operator's, or belongs to what is: DuckLake attaches its metadata under
 * a name that no list of catalogs shows. IF EXISTS says so too. */
static bool may_detach(const struct engine_conn *c, struct str name, bool if_exists)
{
    uint64_t owner;
    bool is_known = guard_owners_find(c->engine, GUARD_CATALOG, name, &owner);
    if (guard_reserved_catalog(name) || (is_known ? !may_take(c, GUARD_CATALOG, name) : !if_exists))
        refuse("database", name);
    return is_known;
}

void guard_detach(void *databases, const void *context, const void *name, uint8_t missing) HOOK(DETACH);
void guard_detach(void *databases, const void *context, const void *name, uint8_t missing)
{
    ready();
    const struct engine_conn *c = guard_is_closed() && !detaches ? guard_conn_of(context) : NULL;
    if (c) {
        note(GUARD_HOOK_DETACH);
        if (!may_detach(c, text_of(name), missing != 0))
            return;
    }
    const bool was __attribute__((cleanup(end_detach))) = detaches;
    detaches = c || was;
    engine.detach(databases, context, name, missing);
    if (c)
        guard_owners_drop(c->engine, GUARD_CATALOG, text_of(name));
}

void guard_rename(void *databases, const void *context, const void *from, const void *to, uint8_t missing)
    HOOK(RENAME);
void guard_rename(void *databases, const void *context, const void *from, const void *to, uint8_t missing)
{
    ready();
    if (guard_is_closed() && guard_conn_of(context))
        refuse("a new name of database", text_of(from));
    engine.rename(databases, context, from, to, missing);
}

/* A search path is asked for its connection by the context at its start. */
void guard_set_paths(void *path, void *paths) HOOK(SET_PATHS);
void guard_set_paths(void *path, void *paths)
{
    ready();
    const char *const *range = paths;
    const void *context = *(const void **)path;
    if (guard_is_closed() && range[1] != range[0] && guard_conn_of(context)) {
        note(GUARD_HOOK_PATH);
        if ((range[1] - range[0]) % PATH_ENTRY_BYTES != 0)
            refuse("a search path of", STR("this engine"));
        for (const char *entry = range[0]; entry < range[1]; entry += PATH_ENTRY_BYTES)
            if (guard_own_catalog(text_of(entry)))
                refuse("database", text_of(entry));
    }
    engine.set_paths(path, paths);
}

/* What neither the operator nor a session has attached under a name that lists of catalogs show belongs to an
 * extension: DuckLake's metadata, which it reads and writes over connections of its own. */
static _Thread_local bool looks_closely;

void guard_look_closely(bool does)
{
    looks_closely = does;
}

void *guard_database(void *databases, const void *context, const void *name) HOOK(DATABASE);
void *guard_database(void *databases, const void *context, const void *name)
{
    ready();
    void *found = engine.database(databases, context, name);
    uint64_t owner;
    if (!found || !guard_is_closed() || detaches)
        return found;
    if (!looks_closely && guard_owners_know(GUARD_CATALOG, text_of(name)))
        return found; /* there is one engine in a process, but for tests */
    const struct engine_conn *c = guard_conn_of(context);
    if (c && !guard_owners_find(c->engine, GUARD_CATALOG, text_of(name), &owner)) {
        note(GUARD_HOOK_DATABASE);
        return NULL; /* no exception: the engine also asks while it words an error, or commits */
    }
    return found;
}

/* ---- what is created and dropped ---- */

/* Macros and types that would stand before what every statement uses. */
static void check_new(const void *entry, const void *context, struct str name)
{
    uint8_t kind = kind_of(entry);
    bool is_macro = (kind == ENTRY_MACRO || kind == ENTRY_TABLE_MACRO) && guard_is_syntax(name);
    bool is_type = kind == ENTRY_TYPE && (catalog_type_is(name) || str_ieq(name, STR(ENGINE_UNKNOWN_TYPE)));
    if ((is_macro || is_type) && guard_conn_of(context))
        refuse(is_macro ? "function" : "type", name);
}

bool guard_create(void *set, struct transaction t, const void *name, void **entry, const void *depends)
    HOOK(CREATE);
bool guard_create(void *set, struct transaction t, const void *name, void **entry, const void *depends)
{
    ready();
    bool is_secret = guard_is_closed() && t.context && *entry && kind_of(*entry) == ENTRY_SECRET;
    if (guard_is_closed() && t.context && *entry)
        check_new(*entry, t.context, text_of(name));
    bool is_new = engine.create(set, t, name, entry, depends);
    const struct engine_conn *c = is_secret && is_new ? guard_conn_of(t.context) : NULL;
    if (c) {
        uint64_t owner;
        note(GUARD_HOOK_SECRET);
        if (!guard_owners_find(c->engine, GUARD_SECRET, text_of(name), &owner))
            (void)guard_owners_put(c->engine, GUARD_SECRET, text_of(name), c->guard.owner);
    }
    return is_new;
}

bool guard_drop(void *set, struct transaction t, const void *name, bool cascade, bool internal) HOOK(DROP);
bool guard_drop(void *set, struct transaction t, const void *name, bool cascade, bool internal)
{
    ready();
    const struct engine_conn *c = guard_is_closed() && t.context ? guard_conn_of(t.context) : NULL;
    struct lookup found = c ? engine.lookup(set, t, name) : (struct lookup){0};
    bool is_secret = found.entry && kind_of(found.entry) == ENTRY_SECRET;
    bool renews = c && __atomic_load_n(&c->guard.makes_no_secret, __ATOMIC_RELAXED);
    if (is_secret && !renews && !may_take(c, GUARD_SECRET, text_of(name)))
        refuse("secret", text_of(name));
    bool is_gone = engine.drop(set, t, name, cascade, internal);
    if (is_secret && is_gone && !renews)
        guard_owners_drop(c->engine, GUARD_SECRET, text_of(name));
    return is_gone;
}

/* ---- nesting ---- */

void *guard_read_json(char *text, size_t n, uint32_t flags, const void *allocator, struct read_error *error)
    HOOK(READ_JSON);
void *guard_read_json(char *text, size_t n, uint32_t flags, const void *allocator, struct read_error *error)
{
    ready();
    note(GUARD_HOOK_JSON);
    if (n > GUARD_JSON_DEPTH_MAX && text && guard_json_is_deep(text, n)) {
        if (error)
            *error = (struct read_error){READ_ERROR_DEPTH, "nested too deeply", GUARD_JSON_DEPTH_MAX};
        return NULL;
    }
    return engine.read_json(text, n, flags, allocator, error);
}
