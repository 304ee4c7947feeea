/* A row_source: the chunks of a result, as the engine makes them. */
#ifndef TAVANA_BACKEND_LOCAL_RESULT_H
#define TAVANA_BACKEND_LOCAL_RESULT_H

#include "backend/row_source.h"

struct engine_result;

/* The caller's memory; it must not move while the source is open. */
struct local_result {
    struct row_source source;
    struct engine_result *result;
};

/* The result is the source's from here on, and goes with it. */
void local_result_open(struct local_result *r, struct engine_result *result);

#endif
