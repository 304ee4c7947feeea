/* The lists of the room's files. */
#include "pgfunc/function.h"
#include "pgfunc/operators.h"
#include "pgfunc/text.h"

const struct pg_function *const pg_function_lists[] = {
    pg_operator_functions,
    pg_text_functions,
    NULL,
};
