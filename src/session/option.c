/* What is an option, and what its value is, cmd says: session_show. */
#include "session/option.h"

#include "session/session_priv.h"

struct option_search {
    const char *name;
    char *out;
    size_t size;
    bool found;
};

static void match_option(void *arg, const char *name, const char *value, const char *text)
{
    struct option_search *o = arg;
    (void)text;
    if (o->found || !cstr_ieq(name, o->name))
        return;
    o->found = true;
    (void)str_copy(str_of(value), o->out, o->size);
}

/* What PostgreSQL asks and this server can answer: it has no replication, no prepared transactions, no
 * background work on tables. */
static const struct {
    const char *name, *value, *text;
} fixed[] = {
    {"archive_mode", "off", "There is no log to archive"},
    {"autovacuum", "off", "Nothing here needs it"},
    {"cluster_name", "", "None"},
    {"data_checksums", "on", "Blocks of the database file have checksums"},
    {"debug_assertions", "on", "Assertions are checked"},
    {"fsync", "on", "A commit is on disk"},
    {"hot_standby", "off", "There are no standbys"},
    {"max_function_args", "100", "Most arguments of a function"},
    {"max_logical_replication_workers", "0", "There is no replication"},
    {"max_prepared_transactions", "0", "There are no prepared transactions"},
    {"max_replication_slots", "0", "There is no replication"},
    {"max_wal_senders", "0", "There is no replication"},
    {"primary_conninfo", "", "There is no replication"},
    {"session_preload_libraries", "", "There are none"},
    {"shared_preload_libraries", "", "There are none"},
    {"superuser_reserved_connections", "0", "None are kept back"},
    {"synchronous_standby_names", "", "There are no standbys"},
    {"timezone_abbreviations", "Default", "Which abbreviations of zones are known"},
    {"track_activities", "on", "pg_stat_activity shows what sessions do"},
    {"track_commit_timestamp", "off", "Commits are not dated"},
    {"track_counts", "off", "Nothing is counted for tables"},
    {"wal_level", "minimal", "The log serves recovery alone"},
};

void options_each(const struct session *s,
                  void (*each)(void *arg, const char *name, const char *value, const char *text), void *arg)
{
    const struct session_show *show = &s->server->wiring.show;
    if (show->each_option)
        show->each_option(show->arg, each, arg);
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        each(arg, fixed[i].name, fixed[i].value, fixed[i].text);
}

bool option_value(struct session *s, const char *name, char *out, size_t size)
{
    struct option_search o = {.name = name, .out = out, .size = size};
    options_each(s, match_option, &o);
    return o.found;
}
