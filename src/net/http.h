/* A small HTTP server for the operator's pages (libmicrohttpd, one thread of its own). GET and HEAD only. */
#ifndef TAVANA_NET_HTTP_H
#define TAVANA_NET_HTTP_H

#include "base/buf.h"
#include "base/err.h"

struct http_server;

enum { HTTP_BODY_MAX = 4 * 1024 * 1024, HTTP_CONNECTIONS_MAX = 64, HTTP_TIMEOUT_S = 10 };
/* Beyond these the oldest goes for a new one, however busy it is: who is slow on purpose keeps nobody out,
 * and an honest request takes milliseconds. The others of HTTP_CONNECTIONS_MAX are for those that are being
 * closed. */
enum { HTTP_CONNECTIONS_KEPT = 40 };

/* Appends the body of `path` (without its query), sets *content_type (static memory), returns the HTTP
 * status. Runs on the server's thread, so it must not wait for long. A body beyond HTTP_BODY_MAX becomes a
 * 500. */
typedef unsigned (*http_handler)(void *arg, const char *path, struct buf *body, const char **content_type);

/* The socket alone, for http_server_on. address: "HOST:PORT" as for a listener. */
int http_listen(int *fd, const char *address, struct err *e);
/* Starts serving at once. fd is the server's, also when that fails. */
int http_server_on(struct http_server **out, int fd, http_handler handler, void *arg, struct err *e);
/* Both. */
int http_server_new(struct http_server **out, const char *address, http_handler handler, void *arg,
                    struct err *e);
/* The port that it listens on. */
int http_server_port(const struct http_server *s);
/* Waits for the page being made. NULL is fine. */
void http_server_free(struct http_server *s);

#endif
