/* Cutting a text into statements. The session's own thread. */
#ifndef TAVANA_SESSION_SPLIT_H
#define TAVANA_SESSION_SPLIT_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

struct session;
struct sql_list;

/* Its statements, classified; of the message's arena. parsed: the engine has cut it, and has parsed all of
 * them. */
int session_split(struct session *s, struct str sql, struct sql_list *out, bool *parsed, struct err *e);

#endif
