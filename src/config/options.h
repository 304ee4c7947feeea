/* The one table of options. A line gives a flag (--name VALUE), an environment variable, a line of the file
 * (name = value), a field of struct config, a row of SHOW and a row of `tavana options`.
 *
 * X(type, name, environment variable, default, least, greatest, unit, scope, roles, text)
 *   type     BOOL      on/off, true/false, yes/no, 1/0                     field: bool
 *            INT       a number in [least, greatest]                       field: int64_t
 *            SIZE      bytes: 1048576, 1024kB, 1MB (1024 based)            field: int64_t
 *            DURATION  500ms, 5s, 10min, 2h, 1d; a bare number has `unit`  field: int64_t NAME_ms
 *            TEXT      anything                                            field: const char *, or NULL
 *            PATH      a file or directory; not looked at here             field: const char *, or NULL
 *            CHOICE    one of the words in `unit`                          field: struct config_choice
 *            LIST      words separated by commas                           field: struct config_list
 *   unit     of a bare number ("" for none), for CHOICE the words, "a|b"
 *   scope    RELOAD: SIGHUP takes a new value over; START: only a restart does; COMMAND: not in the file
 *   roles    ALL; GATEWAY; WORKER; FRONT: serve and gateway; ENGINE: serve and worker; RPC: gateway and
 *            worker
 * No option holds a secret: those lie in files that options name. */
#ifndef TAVANA_CONFIG_OPTIONS_H
#define TAVANA_CONFIG_OPTIONS_H

#include <stdint.h>

/* clang-format off */
#define CONFIG_KB INT64_C(1024)
#define CONFIG_MB (INT64_C(1024) * CONFIG_KB)
#define CONFIG_GB (INT64_C(1024) * CONFIG_MB)
#define CONFIG_TB (INT64_C(1024) * CONFIG_GB)
#define CONFIG_DAY_MS (INT64_C(24) * 3600 * 1000)

#define CONFIG_OPTIONS(X) \
/* where it listens */ \
X(TEXT, database, "TAVANA_DATABASE", "", 0, 0, "", START, ENGINE, \
  "Database file; empty: in memory. Also the argument without a name") \
X(PATH, config, "TAVANA_CONFIG", "", 0, 0, "", COMMAND, ALL, \
  "File with lines `option = value`") \
X(LIST, listen, "TAVANA_LISTEN", "127.0.0.1", 0, 0, "", START, ALL, \
  "Addresses for clients: HOST:PORT, HOST, [IPV6]:PORT, :PORT (every address)") \
X(INT, port, "PG_PORT", "15432", 0, 65535, "", START, FRONT, \
  "Port of an address in `listen` without one, and of the Unix socket's name; 0: the system picks one") \
X(PATH, unix_socket_directory, "TAVANA_UNIX_SOCKET_DIRECTORY", "", 0, 0, "", START, FRONT, \
  "Directory for the socket .s.PGSQL.<port>; empty: none") \
X(TEXT, http, "TAVANA_HTTP", "127.0.0.1", 0, 0, "", START, ALL, \
  "Address of /metrics, /health, /ready and /status: HOST:PORT, HOST, or off") \
X(INT, http_port, "HTTP_PORT", "8080", 0, 65535, "", START, ALL, \
  "Port of `http` when that names none; 0: the system picks one") \
/* gateway and workers */ \
X(LIST, workers, "TAVANA_WORKERS", "", 0, 0, "", START, GATEWAY, \
  "Where the workers are, HOST:PORT or HOST; each address of a name is one") \
X(DURATION, workers_resolve_interval, "TAVANA_WORKERS_RESOLVE_INTERVAL", "5s", 50, CONFIG_DAY_MS, "s", START, GATEWAY, \
  "How often the names of `workers` are resolved again, and channels looked after") \
X(INT, worker_client_pool_size, "TAVANA_WORKER_CLIENT_POOL_SIZE", "10", 1, 64, "", START, GATEWAY, \
  "Workers that there is a channel to; of more, others take the place of those that cannot be reached") \
X(INT, worker_capacity, "TAVANA_WORKER_CAPACITY", "100", 1, 100000, "", START, WORKER, \
  "Statements that gateways run in this worker at the same time; more wait in the gateways") \
X(LIST, peers, "TAVANA_PEERS", "", 0, 0, "", START, GATEWAY, \
  "Where other gateways' clients connect, HOST:PORT or HOST, itself too; a cancel that is not for it goes there") \
X(INT, grpc_port, "GRPC_PORT", "50053", 0, 65535, "", START, RPC, \
  "Port of a worker's `listen` and of `workers` without one") \
X(DURATION, worker_client_timeout, "TAVANA_WORKER_CLIENT_TIMEOUT_SECS", "30s", 100, CONFIG_DAY_MS, "s", START, RPC, \
  "How long a gateway waits for a connection, and how long the other side may be silent before it counts as lost") \
X(PATH, rpc_cert_file, "TAVANA_RPC_CERT_FILE", "", 0, 0, "", START, RPC, \
  "Certificate chain of this worker, or of this gateway (PEM)") \
X(PATH, rpc_key_file, "TAVANA_RPC_KEY_FILE", "", 0, 0, "", START, RPC, \
  "Its private key (PEM)") \
X(PATH, rpc_ca_file, "TAVANA_RPC_CA_FILE", "", 0, 0, "", START, RPC, \
  "CA of the other side's certificates (PEM); empty: plain text") \
X(PATH, rpc_token_file, "TAVANA_RPC_TOKEN_FILE", "", 0, 0, "", START, RPC, \
  "A secret that gateways show to workers instead of a certificate, over TLS") \
X(BOOL, rpc_plain, "TAVANA_RPC_PLAIN", "off", 0, 0, "", START, RPC, \
  "Plain text between gateway and worker beyond this machine") \
/* who may come in */ \
X(PATH, users_file, "TAVANA_USERS_FILE", "", 0, 0, "", RELOAD, FRONT, \
  "Users and their verifiers, as `tavana passwd` writes them") \
X(PATH, scram_secret_file, "TAVANA_SCRAM_SECRET_FILE", "", 0, 0, "", RELOAD, FRONT, \
  "Random bytes, the same for all gateways of a fleet, that salts of users who do not exist are made from; empty: users_file is taken") \
X(CHOICE, trust, "TAVANA_TRUST", "auto", 0, 0, "auto|off", START, FRONT, \
  "auto: without users_file anybody on this machine may connect, and listening beyond it is refused; off: users_file is required") \
X(CHOICE, tls, "TAVANA_TLS", "off", 0, 0, "off|on|required", START, FRONT, \
  "TLS for TCP clients: not offered, offered, or demanded") \
X(PATH, tls_cert_file, "TAVANA_TLS_CERT_FILE", "", 0, 0, "", RELOAD, FRONT, \
  "Certificate chain of the server (PEM)") \
X(PATH, tls_key_file, "TAVANA_TLS_KEY_FILE", "", 0, 0, "", RELOAD, FRONT, \
  "Its private key (PEM), readable by the server's user alone") \
X(PATH, tls_ca_file, "TAVANA_TLS_CA_FILE", "", 0, 0, "", RELOAD, FRONT, \
  "CA that client certificates are checked with (PEM); empty: they are not asked for") \
X(CHOICE, tls_min_version, "TAVANA_TLS_MIN_VERSION", "TLSv1.2", 0, 0, "TLSv1.2|TLSv1.3", RELOAD, FRONT, \
  "Oldest TLS version that is accepted") \
/* limits of the process */ \
X(INT, max_connections, "TAVANA_MAX_CONNECTIONS", "10000", 1, 1000000, "", START, ALL, \
  "Clients at once; one more is refused with 53300") \
X(INT, login_connections_max, "TAVANA_LOGIN_CONNECTIONS_MAX", "1000", 8, 100000, "", START, FRONT, \
  "Connections at once that have not logged in, beside max_connections; one more takes the place of the most silent one of the peer that has most") \
X(INT, max_threads, "TAVANA_MAX_THREADS", "1024", 2, 65536, "", START, ALL, \
  "Threads that run sessions; sessions beyond wait in line") \
X(INT, thread_reserve, "TAVANA_THREAD_RESERVE", "8", 1, 1024, "", START, ALL, \
  "Threads of these that are kept for log-ins and cancels") \
X(INT, user_share, "TAVANA_USER_SHARE", "90", 1, 100, "", START, FRONT, \
  "With users_file: per cent of max_connections, max_threads, stream_memory, client_memory and server_max_cursors that one user may have, so that nobody keeps the others out; 100: all") \
X(BOOL, restart, "TAVANA_RESTART", "on", 0, 0, "", START, ALL, \
  "A small parent process keeps the sockets and starts the server again when it dies; off: one process, for those who have a service manager do it") \
X(DURATION, shutdown_timeout, "TAVANA_SHUTDOWN_TIMEOUT", "30s", 0, CONFIG_DAY_MS, "s", RELOAD, ALL, \
  "How long SIGTERM lets running statements finish before 57P01 ends them") \
X(CHOICE, sql, "TAVANA_SQL", "postgres", 0, 0, "postgres|duckdb", RELOAD, FRONT, \
  "Whose meaning statements have that both PostgreSQL and the engine understand. A session may SET tavana.sql") \
/* limits of a session */ \
X(DURATION, authentication_timeout, "TAVANA_AUTHENTICATION_TIMEOUT", "60s", 1000, 600 * INT64_C(1000), "s", RELOAD, FRONT, \
  "From the first byte to a session; a client that takes longer is cut off") \
X(DURATION, statement_timeout, "TAVANA_STATEMENT_TIMEOUT", "0", 0, 24 * CONFIG_DAY_MS, "ms", RELOAD, FRONT, \
  "A statement that runs longer ends with 57014; 0: no limit. A session may SET its own") \
X(DURATION, idle_in_transaction_session_timeout, "TAVANA_IDLE_IN_TRANSACTION_SESSION_TIMEOUT", "0", 0, 24 * CONFIG_DAY_MS, "ms", RELOAD, FRONT, \
  "A session idle in a transaction for longer ends with 25P03; 0: no limit. A session may SET its own") \
X(DURATION, idle_session_timeout, "TAVANA_IDLE_SESSION_TIMEOUT", "0", 0, 24 * CONFIG_DAY_MS, "ms", RELOAD, FRONT, \
  "A session idle outside a transaction for longer ends with 57P05; 0: no limit. A session may SET its own") \
X(INT, max_result_rows, "TAVANA_MAX_RESULT_ROWS", "0", 0, INT64_MAX, "", RELOAD, FRONT, \
  "A statement that returns more rows ends with 54000; 0: no limit") \
X(SIZE, max_result_bytes, "TAVANA_MAX_RESULT_BYTES", "0", 0, INT64_MAX, "B", RELOAD, FRONT, \
  "A statement that returns more bytes ends with 54000; 0: no limit") \
X(SIZE, message_size_max, "TAVANA_MESSAGE_SIZE_MAX", "256MB", 64 * CONFIG_KB, CONFIG_GB - 1, "B", START, ALL, \
  "Longest message that a client may send; a longer one ends its session. A worker takes as much of a gateway") \
X(SIZE, session_memory_max, "TAVANA_SESSION_MEMORY_MAX", "256MB", CONFIG_MB, CONFIG_TB, "B", START, FRONT, \
  "Memory that one session may take: the message under way, statements, portals with their parameters, cursors, a line of COPY FROM (rows and the engine apart); more is 53200") \
X(SIZE, client_memory, "TAVANA_CLIENT_MEMORY", "2GB", CONFIG_MB, CONFIG_TB, "B", START, FRONT, \
  "What all sessions together may take so, each beyond its first 64 kB; more is 53200") \
X(INT, prepared_statements_max, "TAVANA_PREPARED_STATEMENTS_MAX", "10000", 1, 1000000, "", START, FRONT, \
  "Named prepared statements of one session; one more is 53400") \
X(INT, portals_max, "TAVANA_PORTALS_MAX", "1000", 1, 1000000, "", START, FRONT, \
  "Named portals of one session; one more is 53400") \
X(INT, max_cursors, "MAX_CURSORS", "100", 0, 1000000, "", RELOAD, FRONT, \
  "Cursors open in one session; one more is 53400") \
X(INT, server_max_cursors, "TAVANA_SERVER_MAX_CURSORS", "10000", 0, 1000000, "", RELOAD, FRONT, \
  "Cursors open in the whole server; one more is 53400") \
X(DURATION, cursor_idle_timeout, "CURSOR_IDLE_TIMEOUT_SECS", "300s", 0, CONFIG_DAY_MS, "s", RELOAD, FRONT, \
  "A cursor that nothing is fetched from for this long is closed; its next FETCH is 34000. 0: never") \
X(DURATION, cursor_cleanup_interval, "CURSOR_CLEANUP_INTERVAL_SECS", "60s", 10, CONFIG_DAY_MS, "s", RELOAD, FRONT, \
  "How often idle cursors and streams are looked for") \
X(DURATION, stream_idle_park, "TAVANA_STREAM_IDLE_PARK_SECS", "120s", 0, CONFIG_DAY_MS, "s", RELOAD, FRONT, \
  "A cursor or portal that is not read for this long has its rows put aside and gives back what it holds in the engine; 0: never") \
/* the way of the rows */ \
X(SIZE, flush_threshold_bytes, "TAVANA_FLUSH_THRESHOLD_BYTES", "64kB", 1, CONFIG_MB, "B", RELOAD, FRONT, \
  "Rows leave when they are this many bytes; the first rows of a result leave at once. From 64kB on a fast stream gathers up to 1MB") \
X(INT, flush_threshold_rows, "TAVANA_FLUSH_THRESHOLD_ROWS", "0", 0, INT64_C(1000000000), "", RELOAD, FRONT, \
  "... or this many rows; 0: bytes alone decide") \
X(SIZE, write_buffer_size, "TAVANA_WRITE_BUFFER_SIZE", "64kB", 4 * CONFIG_KB, 16 * CONFIG_MB, "B", START, FRONT, \
  "What is gathered of replies other than rows before it is written") \
X(BOOL, plain_pace, "TAVANA_PLAIN_PACE", "off", 0, 0, "", START, ALL, \
  "Each batch of rows is written at once by the thread that made it: nothing is gathered or made ahead. Slower; to find faults, and to measure") \
X(SIZE, stream_memory, "TAVANA_STREAM_MEMORY", "1GB", 6 * CONFIG_MB, INT64_MAX, "B", START, FRONT, \
  "Memory of all results that are being sent, 1.5 to 5.5 MB each; one more waits until others have ended") \
X(DURATION, stream_wait, "TAVANA_STREAM_WAIT", "60s", 0, CONFIG_DAY_MS, "s", RELOAD, FRONT, \
  "A result that has waited for stream_memory for this long ends with 53300, as does a statement that has waited for a worker") \
X(DURATION, slow_flush, "TAVANA_SLOW_FLUSH", "5s", 1, CONFIG_DAY_MS, "s", RELOAD, FRONT, \
  "A client that takes no bytes for this long is logged and counted as slow") \
X(DURATION, flush_timeout, "TAVANA_FLUSH_TIMEOUT_SECS", "300s", 0, CONFIG_DAY_MS, "s", RELOAD, FRONT, \
  "A client that takes no bytes for this long, or sends none of a COPY FROM, is cut off; 0: never") \
X(DURATION, client_check_interval, "TAVANA_CLIENT_CHECK_INTERVAL", "500ms", 10, 60 * INT64_C(1000), "ms", RELOAD, FRONT, \
  "How often a running statement looks whether its client is still there") \
X(DURATION, tcp_keepalives_idle, "TAVANA_TCP_KEEPALIVES_IDLE", "0", 0, CONFIG_DAY_MS, "s", RELOAD, FRONT, \
  "Silence before the first keepalive probe; 0: the system's") \
X(DURATION, tcp_keepalives_interval, "TAVANA_TCP_KEEPALIVES_INTERVAL", "0", 0, CONFIG_DAY_MS, "s", RELOAD, FRONT, \
  "Time between keepalive probes; 0: the system's") \
X(INT, tcp_keepalives_count, "TAVANA_TCP_KEEPALIVES_COUNT", "0", 0, 127, "", RELOAD, FRONT, \
  "Lost probes until a connection is dead; 0: the system's") \
X(DURATION, tcp_user_timeout, "TAVANA_TCP_USER_TIMEOUT", "0", 0, CONFIG_DAY_MS, "ms", RELOAD, FRONT, \
  "How long sent bytes may stay unacknowledged; 0: the system's") \
/* rows that are put aside */ \
X(PATH, spool_directory, "TAVANA_SPOOL_DIRECTORY", "", 0, 0, "", START, ENGINE, \
  "Where rows of open cursors and portals go that find no room in memory; empty: the system's directory for temporary files") \
X(SIZE, spool_limit, "TAVANA_SPOOL_LIMIT", "10GB", 0, INT64_MAX, "B", START, ENGINE, \
  "Disk that they may take in all; beyond it is 53100. 0: they stay in memory") \
X(INT, cursor_batch_size, "CURSOR_BATCH_SIZE", "10000", 1, 1000000, "", START, ENGINE, \
  "Rows that are put aside together, at most; half a megabyte ends a batch too") \
X(INT, portal_buffer_rows, "TAVANA_MAX_PORTAL_BUFFER_ROWS", "10000", 0, INT64_C(1000000000), "", START, ENGINE, \
  "Rows of one cursor or portal that stay in memory when they are put aside, two megabytes at most; 0: bytes alone decide") \
X(INT, streams_max, "TAVANA_STREAMS_MAX", "256", 1, 100000, "", START, ENGINE, \
  "Open cursors and portals that read from an engine connection of their own; the rows of others are put aside") \
/* the engine */ \
X(BOOL, read_only, "TAVANA_READ_ONLY", "off", 0, 0, "", START, ENGINE, \
  "The database is for reading alone: a file that several workers may open, or what `init` made in memory") \
X(INT, threads, "TAVANA_THREADS", "0", 0, 1024, "", START, ENGINE, \
  "Threads of the engine; 0: one a core") \
X(SIZE, memory_limit, "TAVANA_MEMORY_LIMIT", "0", 0, INT64_MAX, "B", START, ENGINE, \
  "Memory of the engine; 0: its own default, four fifths of the machine's") \
X(PATH, temp_directory, "TAVANA_TEMP_DIRECTORY", "", 0, 0, "", START, ENGINE, \
  "Where the engine spills, in a directory of each process; empty: nowhere, and what needs more than memory_limit ends with 53200") \
X(BOOL, spill_encryption, "TAVANA_SPILL_ENCRYPTION", "off", 0, 0, "", START, ENGINE, \
  "Encrypts what the engine spills, with a key that is in memory alone; needs the extension httpfs, which has the cipher") \
X(LIST, allowed_directories, "TAVANA_ALLOWED_DIRECTORIES", "", 0, 0, "", START, ENGINE, \
  "Directories whose files SQL may read and write; empty: none") \
X(LIST, allowed_functions, "TAVANA_ALLOWED_FUNCTIONS", "", 0, 0, "", START, ENGINE, \
  "Functions that SQL may call although they are refused otherwise: postgres_query, ducklake_add_data_files …") \
X(PATH, init, "TAVANA_INIT", "", 0, 0, "", START, ENGINE, \
  "File of SQL that is run once at start, before the engine is locked: ATTACH, CREATE SECRET, views, settings") \
X(TEXT, default_catalog, "TAVANA_DEFAULT_CATALOG", "", 0, 0, "", START, ENGINE, \
  "Catalog that sessions start in, one that `init` attaches; empty: the database itself") \
X(LIST, extensions, "TAVANA_EXTENSIONS", "", 0, 0, "", START, ENGINE, \
  "Extension files that the engine loads at start; SQL can load none") \
/* what it tells */ \
X(CHOICE, log_level, "TAVANA_LOG_LEVEL", "info", 0, 0, "debug|info|warning|error", RELOAD, ALL, \
  "Least important line that is logged") \
X(BOOL, log_statements, "TAVANA_LOG_STATEMENTS", "off", 0, 0, "", RELOAD, FRONT, \
  "A line for each statement (what, how long, how many rows; no literals, no parameters)")
/* clang-format on */

#endif
