/* Errors of the engine: the table that gives each a SQLSTATE, and what is done after the ones that leave the
 * database of no use. */
#ifndef TAVANA_ENGINE_ERROR_H
#define TAVANA_ENGINE_ERROR_H

#include "base/err.h"

/* cb: is called once, by whichever thread hears it first, when the engine says that its database is of no use
 * any more, to anybody, until it is opened anew (a failed checkpoint, a fault within it). Every statement
 * ends with 57P02 from then on. To be set before engine_open; of the process. */
void engine_on_death(void (*cb)(void *arg, const char *why), void *arg);
/* Fills e from an error text of the engine. text NULL: the engine failed before it could make one, which is
 * 53200. sql: what the position counts in; NULL: none known. Returns ST_ERR. Of engine/. */
int engine_error(struct err *e, const char *text, const char *sql);

#endif
