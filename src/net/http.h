/* A small HTTP server for the operator's pages (libmicrohttpd, one thread of its own). GET and HEAD only. */
#ifndef TAVANA_NET_HTTP_H
#define TAVANA_NET_HTTP_H

#include "base/buf.h"
#include "base/err.h"

struct http_server;

enum { HTTP_BODY_MAX = 4 * 1024 * 1024, HTTP_CONNECTIONS_MAX = 64, HTTP_TIMEOUT_S = 10 };

/* Appends the body of `path`, sets *content_type (static memory), returns the HTTP status. */
typedef unsigned (*http_handler)(void *arg, const char *path, struct buf *body, const char **content_type);

int http_server_new(struct http_server **out, const char *address, http_handler handler, void *arg,
                    struct err *e);
int http_server_port(const struct http_server *s);
void http_server_free(struct http_server *s);

#endif
