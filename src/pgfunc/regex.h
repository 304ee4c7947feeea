/* PostgreSQL's regular expressions as the engine's (RE2) understands them: classes of letters beyond
 * ASCII, escapes that mean something else there, embedded options. What RE2 has nothing for is refused.
 * Pure. Any thread. Source: PostgreSQL 15 manual, 9.7.3; RE2's syntax. */
#ifndef TAVANA_PGFUNC_REGEX_H
#define TAVANA_PGFUNC_REGEX_H

#include "pgfunc/function.h"

/* pg_regex(pattern): the pattern for RE2. 2201B, 0A000 */
extern const struct pg_function pg_regex_functions[];

#endif
