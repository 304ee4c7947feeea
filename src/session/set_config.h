/* SELECT set_config(…). Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_SET_CONFIG_H
#define TAVANA_SESSION_SET_CONFIG_H

#include "base/err.h"

#include <stddef.h>

struct backend_param;
struct command_result;
struct portal;
struct session;
struct set_config_params;
struct statement;

/* Sees to st->oids and st->desc. */
int set_config_describe(struct session *s, struct statement *st, struct err *e);
/* The portal keeps the parameters, in p->set_config: one piece of memory, which goes with it. */
int set_config_bind(struct portal *p, const struct statement *st, const struct backend_param *params,
                    size_t nparams, struct err *e);
/* Sets; the one row is in r. */
int set_config_run(struct session *s, struct statement *st, struct command_result *r, struct err *e);

#endif
