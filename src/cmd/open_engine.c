/* The engine's options from ours, for serve and worker; and a database in memory that nobody may write
 * to, which the engine does not have. */
#include "cmd/open_engine.h"

#include "backend/local.h"
#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/private_dir.h"
#include "engine/engine.h"
#include "sql/catalog.h"
#include "sql/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INIT_FILE_MAX = 1024 * 1024, PROTECT_MAX = 16, MEMORY_BESIDE = 1 << 30 };

#define MEMORY_PREFIX "tavana_memory_"

static size_t count_setup(void)
{
    size_t n = 0;
    while (sql_catalog_setup[n])
        n++;
    return n;
}

/* Nine tenths of the machine's memory, and with a memory_limit that much again and MEMORY_BESIDE: what the
 * engine does not count in it. 0: it cannot be told. */
static uint64_t resident_max(const struct config *c)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    uint64_t machine = pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size / 10 * 9 : 0;
    uint64_t limit = (uint64_t)c->memory_limit;
    if (limit == 0 || limit > (uint64_t)INT64_MAX / 2)
        return machine;
    limit = limit * 2 + MEMORY_BESIDE;
    return machine && machine < limit ? machine : limit;
}

/* The server's own files, which an allowed directory may contain. */
static size_t collect_protected(const char *out[PROTECT_MAX], const struct config *c)
{
    const char *const all[] = {
        c->config,         c->users_file,    c->tls_cert_file,   c->tls_key_file,
        c->tls_ca_file,    c->rpc_cert_file, c->rpc_key_file,    c->rpc_ca_file,
        c->rpc_token_file, c->init,          c->spool_directory,
    };
    size_t n = 0;
    _Static_assert(sizeof all / sizeof *all <= PROTECT_MAX, "none is left out");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i] && *all[i])
            out[n++] = all[i];
    return n;
}

/* ---- a database in memory that is for reading alone ----
 * The engine has none. What init makes goes into a file of our own, which is then opened for reading: the
 * engine itself refuses what would change it. What init does to the engine (ATTACH, CREATE SECRET, SET) does
 * not lie in that file, and is run again. */

static bool is_kept_by_file(struct str statement)
{
    static const char *const undone[] = {"ATTACH", "DETACH", "LOAD", "SET", "RESET", "USE", "PRAGMA"};
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, sql_tokens_of(statement));
    (void)sql_lexer_next(&l, &t);
    for (size_t i = 0; i < sizeof undone / sizeof *undone; i++)
        if (sql_token_is_word(&t, undone[i]))
            return false;
    if (!sql_token_is_word(&t, "CREATE"))
        return true;
    do
        (void)sql_lexer_next(&l, &t);
    while (sql_token_is_word(&t, "OR") || sql_token_is_word(&t, "REPLACE") || sql_token_is_word(&t, "TEMP") ||
           sql_token_is_word(&t, "TEMPORARY") || sql_token_is_word(&t, "PERSISTENT"));
    return !sql_token_is_word(&t, "SECRET");
}

/* Blanks take the place of statements whose work the file keeps. */
static void blank_kept(char *text)
{
    struct sql_lexer l;
    struct sql_token t;
    size_t begin = 0;
    enum sql_token_kind kind;
    sql_lexer_init(&l, sql_tokens_of(str_of(text)));
    do {
        kind = sql_lexer_next(&l, &t);
        bool end = kind == SQL_TOK_END || kind == SQL_TOK_BAD;
        if (!end && !sql_token_is(&t, ';'))
            continue;
        size_t to = end ? strlen(text) : t.at;
        if (is_kept_by_file((struct str){text + begin, to - begin}))
            memset(text + begin, ' ', to - begin);
        begin = end ? to : t.at + t.text.n;
    } while (kind != SQL_TOK_END && kind != SQL_TOK_BAD);
}

/* The file's name is the catalog's. */
static int make_database(const struct engine_options *o, const char *path, struct err *e)
{
    struct engine *made;
    struct engine_options writable = *o;
    writable.path = path;
    writable.read_only = false;
    TRY(engine_open(&made, &writable, e));
    engine_close(made);
    return ST_OK;
}

static int open_made(struct backend **out, struct local_options *o, const char *where, char *init,
                     struct err *e)
{
    struct private_dir d;
    char path[PRIVATE_DIR_PATH_MAX + sizeof "/memory"];
    TRY(private_dir_make(&d, where, MEMORY_PREFIX, e));
    (void)snprintf(path, sizeof path, "%s/memory", d.path);
    int st = make_database(&o->engine, path, e);
    if (st == ST_OK) {
        o->engine.path = path;
        if (init)
            blank_kept(init);
        st = local_backend_new(out, o, e);
        o->engine.path = NULL;
    }
    private_dir_remove(&d); /* the engine has the file open */
    return st;
}

int open_engine(struct backend **out, struct process *p, struct err *e)
{
    const struct config *c = &p->config;
    char memory[32] = "";
    if (c->memory_limit)
        (void)snprintf(memory, sizeof memory, "%lldB", (long long)c->memory_limit);
    const char *system_directory = getenv("TMPDIR");
    const char *space = c->spool_directory ? c->spool_directory
                        : system_directory ? system_directory
                                           : P_tmpdir;
    const char *protect[PROTECT_MAX];
    struct local_options o = {
        .default_catalog = c->default_catalog && *c->default_catalog ? c->default_catalog : NULL,
        .spool_bytes = (uint64_t)c->spool_limit,
        .batch_rows = (uint64_t)c->cursor_batch_size,
        .portal_rows = (uint64_t)c->portal_buffer_rows,
        .streams_max = (unsigned)c->streams_max,
        .engine =
            {
                .path = c->database,
                .read_only = c->read_only,
                .memory_limit = memory[0] ? memory : NULL,
                .resident_max = resident_max(c),
                .threads = (unsigned)c->threads,
                .temp_directory = c->temp_directory,
                .spill_encryption = c->spill_encryption,
                .allowed_directories = c->allowed_directories.items,
                .nallowed_directories = c->allowed_directories.n,
                .extensions = c->extensions.items,
                .nextensions = c->extensions.n,
                .catalog = {SQL_CATALOG_DATABASE, sql_catalog_setup, count_setup(), space},
                .protect = protect,
                .allowed_functions = c->allowed_functions.items,
                .nallowed_functions = c->allowed_functions.n,
            },
    };
    engine_on_death(process_engine_died, p);
    o.engine.nprotect = collect_protected(protect, c);
    CLEANUP(mem_freep) char *init = NULL;
    if (c->init)
        TRY(file_read_all(c->init, INIT_FILE_MAX, &init, e));
    o.engine.init = (const char *const *)&init;
    o.engine.ninit = init != NULL;
    if (c->spool_limit)
        o.spool_directory = space;
    bool in_memory = !c->database || !*c->database || strcmp(c->database, ":memory:") == 0;
    if (c->read_only && in_memory)
        return open_made(out, &o, space, init, e);
    return local_backend_new(out, &o, e);
}
