/* The counters that /metrics shows, one line each. Adding is one relaxed atomic add; any thread.
 * Names, types and texts follow the Prometheus exposition format 0.0.4 (ops/ writes it). */
#ifndef TAVANA_BASE_METRIC_H
#define TAVANA_BASE_METRIC_H

#include "base/sqlstate.h"

#include <stdint.h>

/* symbol, prometheus name, help */
#define METRIC_COUNTERS(X)                                                                                   \
    X(SESSIONS_TOTAL, "tavana_sessions_total", "Sessions that were accepted")                                \
    X(SESSIONS_REFUSED, "tavana_sessions_refused_total", "Connections refused by a limit")                   \
    X(LOGINS_DROPPED, "tavana_logins_dropped_total",                                                         \
      "Connections that had to go before they had logged in, for others")                                    \
    X(GARBAGE, "tavana_garbage_total", "Connections that began with something else than a start-up packet")  \
    X(LOGIN_FAILURES, "tavana_login_failures_total", "Log-ins that failed")                                  \
    X(STATEMENTS, "tavana_statements_total", "Statements executed")                                          \
    X(TRANSLATIONS, "tavana_translations_total",                                                             \
      "Statements judged and translated for the engine, not having come in this spelling before")            \
    X(ROWS_SENT, "tavana_rows_sent_total", "Rows sent to clients")                                           \
    X(ROWS_LOADED, "tavana_rows_loaded_total", "Rows loaded by COPY from clients")                           \
    X(BYTES_SENT, "tavana_bytes_sent_total", "Bytes sent to clients")                                        \
    X(BYTES_RECEIVED, "tavana_bytes_received_total", "Bytes received from clients")                          \
    X(BACKPRESSURE, "tavana_streaming_backpressure_events_total",                                            \
      "Times a client's full socket stopped a scan")                                                         \
    X(SLOW_FLUSHES, "tavana_slow_flushes_total", "Writes that a client held up longer than the slow limit")  \
    X(FLUSH_TIMEOUTS, "tavana_flush_timeouts_total", "Clients cut off because they did not read")            \
    X(CANCEL_REQUESTS, "tavana_cancel_requests_total", "CancelRequests received")                            \
    X(CANCELS_SENT_ON, "tavana_cancels_sent_on_total",                                                       \
      "CancelRequests for sessions of other gateways, sent to a peer")                                       \
    X(CANCELS_DROPPED, "tavana_cancels_dropped_total",                                                       \
      "Of these, those that were not sent: the queue was full, or the peer had not answered before")         \
    X(CANCELS, "tavana_cancels_total", "Statements ended by a cancel")                                       \
    X(CLIENTS_GONE, "tavana_clients_gone_total", "Statements ended because their client was gone")           \
    X(CURSORS_DECLARED, "cursor_declared_total", "Cursors declared")                                         \
    X(CURSOR_ROWS, "cursor_rows_fetched_total", "Rows that FETCH gave")                                      \
    X(CURSOR_EVICTIONS, "cursor_ttl_evictions_total", "Cursors closed because they stood idle for too long") \
    X(STREAMS_PARKED, "tavana_streams_parked_total",                                                         \
      "Result streams whose rest was put aside, so that the engine could go on")                             \
    X(STREAMS_IN_PIPELINE, "tavana_streams_in_pipeline_total",                                               \
      "Result streams whose rows were encoded inside the engine's pipeline")                                 \
    X(STREAMS_REFUSED, "tavana_streams_refused_total", "Results that ended while they waited for memory")    \
    X(WORKERS_LOST, "tavana_route_lost_total", "Sessions' connections to workers that were lost")            \
    X(SESSIONS_GIVEN_UP, "tavana_route_given_up_total",                                                      \
      "Sessions on workers that were given up, since a cancelled statement there did not end")               \
    X(WORKERS_THROWN_OUT, "tavana_route_thrown_out_total",                                                   \
      "Times that a worker was thrown out, since it sent what cannot be")                                    \
    X(STATEMENTS_RETRIED, "tavana_route_retried_total", "Statements that were run again on another worker")  \
    X(ROUTE_REFUSED, "tavana_route_refused_total", "Statements that ended while they waited for a worker")   \
    X(CURSOR_ROUTE_HITS, "cursor_route_hits_total",                                                          \
      "Fetches from an open cursor or portal that its owner answered")                                       \
    X(CURSOR_ROUTE_MISSES, "cursor_route_misses_total",                                                      \
      "Fetches from one whose owner was lost: its rows come from another worker, or not at all")             \
    X(STREAMS_RESUMED, "tavana_route_resumed_total",                                                         \
      "Of these, those whose first rows had been sent and came again")                                       \
    X(PORTAL_OVERFLOWS, "portal_overflow_total", "Spools of cursors and portals that went to disk")

#define METRIC_GAUGES(X)                                                                                     \
    X(SESSIONS, "tavana_sessions", "Sessions open now")                                                      \
    X(LOGINS, "tavana_logins", "Connections that have not logged in now")                                    \
    X(SESSIONS_RUNNING, "tavana_sessions_running", "Sessions that hold a thread now")                        \
    X(THREADS_STUCK, "tavana_threads_stuck", "Threads in an engine that plans, whose session was ended")     \
    X(STREAMS, "tavana_streams", "Result streams open now")                                                  \
    X(STREAMS_WAITING, "tavana_streams_waiting", "Results that wait for stream_memory now")                  \
    X(ROUTE_WAITING, "tavana_route_waiting", "Statements that wait for a worker with room now")              \
    X(STREAM_MEMORY_BYTES, "tavana_stream_memory_bytes", "Memory granted to results that are being sent")    \
    X(TRANSLATION_BYTES, "tavana_translation_bytes", "Memory that kept translations of statements take now") \
    X(CURSORS, "cursor_active_count", "Cursors open now")                                                    \
    X(SPOOL_MEMORY_BYTES, "tavana_spool_memory_bytes", "Memory that rows put aside take now")                \
    X(SPOOL_DISK_BYTES, "tavana_spool_disk_bytes", "Disk that rows put aside take now")

/* ... and what is counted: SECONDS, observed in microseconds, or ROWS */
#define METRIC_HISTOGRAMS(X)                                                                                 \
    X(FIRST_ROW_SECONDS, "tavana_first_row_seconds", "Time from a statement's start to its first row",       \
      SECONDS)                                                                                               \
    X(STATEMENT_SECONDS, "tavana_statement_seconds", "Time from a statement's start to its end", SECONDS)    \
    X(ROUTE_WAIT_SECONDS, "tavana_route_wait_seconds",                                                       \
      "Time that a statement waited for a worker, of those that had to", SECONDS)                            \
    X(CURSOR_FETCH_SECONDS, "cursor_fetch_latency_seconds", "Time that a FETCH or MOVE took", SECONDS)       \
    X(PORTAL_BUFFER_ROWS, "portal_buffer_rows", "Rows of a cursor or portal that were put aside", ROWS)

#define X(symbol, name, help) METRIC_##symbol,
enum metric_counter { METRIC_COUNTERS(X) METRIC_COUNTER_COUNT };
enum metric_gauge { METRIC_GAUGES(X) METRIC_GAUGE_COUNT };
#undef X
#define X(symbol, name, help, unit) METRIC_##symbol,
enum metric_histogram { METRIC_HISTOGRAMS(X) METRIC_HISTOGRAM_COUNT };
#undef X

/* Upper bounds of a histogram's buckets; the last one is +Inf. */
#define METRIC_BUCKETS_SECONDS                                                                               \
    {                                                                                                        \
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300          \
    }
#define METRIC_BUCKETS_ROWS                                                                                  \
    {                                                                                                        \
        1, 10, 100, 1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 1e8, 1e9, 1e10, 1e11                   \
    }
enum { METRIC_BUCKET_COUNT = 17 };

/* Adds n. Any thread, without a lock. */
void metric_add(enum metric_counter m, uint64_t n);
/* Adds n, which may be negative. Any thread, without a lock. */
void metric_gauge_add(enum metric_gauge g, int64_t n);
/* Microseconds of a histogram of SECONDS, or its unit. */
void metric_observe(enum metric_histogram h, int64_t value);
/* One more error sent to a client. */
void metric_error(enum sqlstate s);

struct metric_histogram_values {
    uint64_t buckets[METRIC_BUCKET_COUNT + 1]; /* each its own, not cumulated */
    uint64_t count;
    double sum;
    const double *bounds; /* METRIC_BUCKET_COUNT of them */
};

/* Its value now. */
uint64_t metric_value(enum metric_counter m);
/* Its value now. */
int64_t metric_gauge_value(enum metric_gauge g);
/* A copy of its values; buckets may be of slightly different moments. */
void metric_histogram_read(enum metric_histogram h, struct metric_histogram_values *out);
/* How many errors of that SQLSTATE were sent. */
uint64_t metric_error_value(enum sqlstate s);

#endif
