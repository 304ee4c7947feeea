/* New connections. */
#ifndef TAVANA_FRONT_ACCEPT_H
#define TAVANA_FRONT_ACCEPT_H

struct pg_front;

/* An accepted socket, which the front owns from now on. Any thread. */
void front_accept(struct pg_front *f, int fd);

#endif
