/* Enums by the numbers that clients declare for parameters. Inside a call, the thread of the session. */
#ifndef TAVANA_BACKEND_LOCAL_ENUMS_H
#define TAVANA_BACKEND_LOCAL_ENUMS_H

#include "base/arena.h"
#include "base/err.h"

#include <stdint.h>

struct local_enums;
struct local_session;
struct local_stmt;
struct sql_tokens;

/* The type of that number, an enum or an array of one, as SQL; NULL: there is none. Of the arena. */
int local_enum_name(struct local_session *s, struct arena *a, uint32_t oid, const char **out, struct err *e);
/* Casts literals that are compared with a column of an enum (sql/enum_literals.h): st->typed. Then *sql are
 * the tokens of the new text. */
int local_enum_literals(struct local_stmt *st, struct sql_tokens *sql, struct err *e);
/* Puts the type's name into the error that a value is none of an enum's, as far as it is known. */
void local_enum_explain(const struct local_stmt *st, struct err *e);
/* NULL is fine. */
void local_enums_free(struct local_enums *all);

#endif
