/* What the files of this room share. Nobody else includes it. */
#ifndef TAVANA_FRONT_FRONT_PRIV_H
#define TAVANA_FRONT_FRONT_PRIV_H

#include "auth/user_file.h"
#include "base/list.h"
#include "base/thread_pool.h"
#include "front/client.h"
#include "front/front.h"
#include "front/peers.h"
#include "net/conn.h"
#include "net/lot.h"
#include "net/tls.h"
#include "pgwire/backend_msg.h"
#include "pgwire/frame.h"
#include "session/server.h"

#include <pthread.h>

enum { PG_FRONT_MAGIC = 0x5e55f207 };

struct pg_front {
    unsigned magic;
    struct pg_front_wiring wiring; /* peers apart */
    struct peers *peers;           /* NULL: none */
    pthread_mutex_t lock;          /* of users and tls, which a reload replaces */
    struct user_file *users;
    struct tls_context *tls;
};

#endif
