/* The lists of the room's files. */
#include "pgfunc/function.h"
#include "pgfunc/operators.h"
#include "pgfunc/text.h"
#include "pgfunc/zone.h"

const struct pg_function *const pg_function_lists[] = {
    pg_operator_functions,
    pg_text_functions,
    pg_zone_functions,
    NULL,
};
