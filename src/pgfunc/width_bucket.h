/* width_bucket. */
#ifndef TAVANA_PGFUNC_WIDTH_BUCKET_H
#define TAVANA_PGFUNC_WIDTH_BUCKET_H

#include "pgfunc/function.h"

extern const struct pg_function pg_width_bucket_functions[];

#endif
