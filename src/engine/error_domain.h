/* What the checks of domains say (session/domain_make.c). Of engine/ alone. */
#ifndef TAVANA_ENGINE_ERROR_DOMAIN_H
#define TAVANA_ENGINE_ERROR_DOMAIN_H

#include "base/err.h"

#include <stdbool.h>

/* Of a message that is one, or the message of a table's CHECK that holds one: only that is left of it, with
 * its SQLSTATE and names. false: it is neither. */
bool error_domain(struct err *e);

#endif
