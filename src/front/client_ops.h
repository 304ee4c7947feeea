/* What the core may ask of a client (session/client.h). Of front/ alone. */
#ifndef TAVANA_FRONT_CLIENT_OPS_H
#define TAVANA_FRONT_CLIENT_OPS_H

struct pg_client;

/* c->base answers from now on. */
void client_ops_init(struct pg_client *c);

#endif
