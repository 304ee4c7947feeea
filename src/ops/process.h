/* What the kernel says about this process (proc(5)). Any thread. */
#ifndef TAVANA_OPS_PROCESS_H
#define TAVANA_OPS_PROCESS_H

#include <stdint.h>

struct process_usage {
    uint64_t resident_bytes, virtual_bytes;
    double cpu_seconds;   /* user and system */
    double start_seconds; /* since 1970 */
    uint64_t open_fds, max_fds;
};

/* Fields that cannot be read stay 0. */
void process_usage(struct process_usage *out);

#endif
