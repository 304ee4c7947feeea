/* Functions of json's text, of which each part stays as it is written: elements, members, paths. */
#ifndef TAVANA_PGFUNC_JSON_TEXT_H
#define TAVANA_PGFUNC_JSON_TEXT_H

#include "pgfunc/function.h"

extern const struct pg_function pg_json_text_functions[];

#endif
