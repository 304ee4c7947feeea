/* Errors about the operands of a comparison, in PostgreSQL's words. Of engine/ alone. */
#ifndef TAVANA_ENGINE_ERROR_OPERATOR_H
#define TAVANA_ENGINE_ERROR_OPERATOR_H

#include "base/err.h"

/* e is in PostgreSQL's words but for that, and its position counts in sql, which may be NULL. The engine
 * casts one operand to the type of the other and says that it cannot; where the statement casts nothing at
 * that place, it is the operator that does not exist: 42883. */
void error_operator(struct err *e, const char *sql);

#endif
