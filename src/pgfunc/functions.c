/* The lists of the room's files. */
#include "pgfunc/bytes.h"
#include "pgfunc/date_part.h"
#include "pgfunc/date_trunc.h"
#include "pgfunc/degrees.h"
#include "pgfunc/enums.h"
#include "pgfunc/fit.h"
#include "pgfunc/format.h"
#include "pgfunc/function.h"
#include "pgfunc/interval.h"
#include "pgfunc/json_text.h"
#include "pgfunc/jsonb.h"
#include "pgfunc/lists.h"
#include "pgfunc/make_date.h"
#include "pgfunc/number.h"
#include "pgfunc/operands.h"
#include "pgfunc/operators.h"
#include "pgfunc/quote.h"
#include "pgfunc/regex.h"
#include "pgfunc/text.h"
#include "pgfunc/width_bucket.h"
#include "pgfunc/zone.h"

/* a line each */
/* clang-format off */
const struct pg_function *const pg_function_lists[] = {
    pg_operator_functions,
    pg_text_functions,
    pg_bytes_functions,
    pg_list_functions,
    pg_quote_functions,
    pg_zone_functions,
    pg_format_functions,
    pg_make_functions,
    pg_interval_functions,
    pg_date_part_functions,
    pg_jsonb_functions,
    pg_number_functions,
    pg_date_trunc_functions,
    pg_width_bucket_functions,
    pg_fit_functions,
    pg_json_text_functions,
    pg_enum_functions,
    pg_regex_functions,
    pg_degree_functions,
    pg_operand_functions,
    NULL,
};
/* clang-format on */
