/* What PostgreSQL's SQL was spelled as for the engine, kept by the text that was sent, for all sessions: a
 * statement that is sent again and again is judged and translated twice. Kept is what every session would
 * get: not what a session was asked about. Any thread.
 *
 * Bounded by TRANSLATION_SETS × TRANSLATION_WAYS translations of at most TRANSLATION_BYTES_MAX: 8 MB. A text
 * has its place in one set, by its hash, and takes that of the one which was used longest ago there. */
#ifndef TAVANA_SESSION_TRANSLATIONS_H
#define TAVANA_SESSION_TRANSLATIONS_H

#include "dialect/translate.h"
#include "sql/rewrite.h"
#include "sql/token.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TRANSLATION_SETS = 128,
    TRANSLATION_WAYS = 8,             /* of a set */
    TRANSLATION_BYTES_MAX = 8 * 1024, /* of one, with both texts, edits and tokens */
};

/* All that a translation depends on. */
struct translation_key {
    struct str text;     /* lent */
    struct str database; /* struct dialect … lent */
    enum dialect_database database_is;
    bool postgres, dates_ordered;
    bool strings; /* its strings were judged as well */
};

/* Never changes. */
struct translation {
    unsigned refs; /* atomic */
    uint64_t hash;
    struct translation_key key;
    struct sql_rewritten edits; /* without edits the key's text */
    struct sql_marks marks;     /* of edits.text, if there are edits */
    size_t bytes;
};

struct translation_set {
    pthread_mutex_t lock;
    struct translation *kept[TRANSLATION_WAYS];
    uint64_t used[TRANSLATION_WAYS]; /* when, by `now` */
    uint64_t now;
    uint64_t seen[TRANSLATION_WAYS]; /* hashes of texts that came once, in a ring */
    unsigned nseen;
};

struct translations {
    struct translation_set sets[TRANSLATION_SETS];
};

/* Nothing is kept. */
void translations_init(struct translations *all);
/* References that were handed out may outlive it. */
void translations_release(struct translations *all);

/* A reference; NULL: it is not kept. *again: it came before, and is worth keeping once it is made. */
struct translation *translations_find(struct translations *all, const struct translation_key *key,
                                      bool *again);
/* Keeps copies: the edits of the key's text, and the tokens of what they make of it. Without memory, and
 * where it would be too large, nothing happens. */
void translations_keep(struct translations *all, const struct translation_key *key,
                       const struct sql_rewritten *edits, const struct sql_marks *marks);
/* NULL is fine. */
void translation_unref(struct translation *t);

#endif
