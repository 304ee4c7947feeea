/* What the engine says, in PostgreSQL's words. Of engine/ alone. */
#ifndef TAVANA_ENGINE_ERROR_WORDS_H
#define TAVANA_ENGINE_ERROR_WORDS_H

#include "base/err.h"

/* Says the message again as PostgreSQL says it, with the names of what it is about, as far as the engine's
 * message and the statement (NULL: unknown) tell. What is not known here stays as it is. */
void error_words(struct err *e, const char *sql);

#endif
