/* What is counted and timed of the statement that runs, for limits, metrics and the log. Of the session's own
 * thread. */
#ifndef TAVANA_SESSION_STATS_H
#define TAVANA_SESSION_STATS_H

#include <stdbool.h>
#include <stdint.h>

struct statement_stats {
    uint64_t rows, bytes; /* of its result, or of what it copied in */
    int64_t start_us;
    char label[24]; /* for the log: its first word or tag */
    bool first_row_seen;
};

/* It begins: nothing is counted yet. */
void stats_begin(struct statement_stats *st, int64_t now_us);
/* Rows and bytes more. */
void stats_add(struct statement_stats *st, uint64_t rows, uint64_t bytes);
/* Its rows are as many as this. */
void stats_rows_are(struct statement_stats *st, uint64_t rows);
/* Rows have gone to the client; the first ones are timed. */
void stats_rows_sent(struct statement_stats *st, uint64_t rows);
/* What the log calls it. */
void stats_label(struct statement_stats *st, const char *label);

#endif
