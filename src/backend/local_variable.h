/* SET VARIABLE of a value that may take long, so that a cancel leaves the variable as it was. Inside a
 * call, the thread of the session. */
#ifndef TAVANA_BACKEND_LOCAL_VARIABLE_H
#define TAVANA_BACKEND_LOCAL_VARIABLE_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

struct arena;
struct local_session;
struct sql_rewritten;

/* Makes text, which sets a variable, set another one; name: of the one that is meant. 42601, 53200 */
int local_variable_text(struct arena *a, struct sql_rewritten *text, struct str *name, struct err *e);
/* That has run: made, or e says why not. The variable gets the value, or stays as it was. */
int local_variable_settle(struct local_session *s, struct str name, bool made, struct err *e);

#endif
