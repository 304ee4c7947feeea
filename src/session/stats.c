#include "session/stats.h"

#include "base/clock.h"
#include "base/metric.h"
#include "base/str.h"

void stats_begin(struct statement_stats *st, int64_t now_us)
{
    st->start_us = now_us;
    st->rows = st->bytes = 0;
    st->first_row_seen = false;
    st->label[0] = '\0';
}

void stats_add(struct statement_stats *st, uint64_t rows, uint64_t bytes)
{
    st->rows += rows;
    st->bytes += bytes;
}

void stats_rows_are(struct statement_stats *st, uint64_t rows)
{
    st->rows = rows;
}

void stats_rows_sent(struct statement_stats *st, uint64_t rows)
{
    if (!st->first_row_seen) {
        st->first_row_seen = true;
        metric_observe(METRIC_FIRST_ROW_SECONDS, clock_now_us() - st->start_us);
    }
    metric_add(METRIC_ROWS_SENT, rows);
}

void stats_label(struct statement_stats *st, const char *label)
{
    str_copy(str_of(label), st->label, sizeof st->label);
}
