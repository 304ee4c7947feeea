/* Messages of the engine that are one of PostgreSQL's with the same names in it. Of engine/ alone. */
#ifndef TAVANA_ENGINE_ERROR_PHRASES_H
#define TAVANA_ENGINE_ERROR_PHRASES_H

#include "base/err.h"

/* Says the message again as PostgreSQL says it; position and hint stay. What is not known here stays as it
 * is. Source: the messages of PostgreSQL 15's parser, measured. */
void error_phrases(struct err *e);

#endif
