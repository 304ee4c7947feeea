/* The Attach call: tells one gateway how the worker is, once a second; the gateway's sessions end with the
 * call. Of rpc/ alone. */
#ifndef TAVANA_RPC_SERVICE_ATTACH_H
#define TAVANA_RPC_SERVICE_ATTACH_H

struct err;
struct service_call;

/* Body of Attach: lasts as long as the gateway stays attached. */
int service_attach(struct service_call *c, struct err *e);

#endif
