/* The methods of the service, one line each, for both sides. */
#ifndef TAVANA_RPC_METHOD_H
#define TAVANA_RPC_METHOD_H

/* symbol, name, request, reply (protobuf-c's names), how */
#define RPC_METHODS(X)                                                                                       \
    X(ATTACH, "Attach", attach_request, report, RPC_SERVER_STREAM)                                           \
    X(OPEN_SESSION, "OpenSession", open_session_request, open_session_reply, RPC_UNARY)                      \
    X(CLOSE_SESSION, "CloseSession", session_request, reply, RPC_UNARY)                                      \
    X(CANCEL, "Cancel", cancel_request, reply, RPC_UNARY)                                                    \
    X(CLOSE, "Close", close_request, reply, RPC_UNARY)                                                       \
    X(CONFIGURE, "Configure", configure_request, reply, RPC_UNARY)                                           \
    X(TRANSACTION, "Transaction", transaction_request, reply, RPC_UNARY)                                     \
    X(SPLIT, "Split", split_request, split_reply, RPC_UNARY)                                                 \
    X(PREPARE, "Prepare", prepare_request, prepare_reply, RPC_UNARY)                                         \
    X(OPEN, "Open", open_request, portal_reply, RPC_UNARY)                                                   \
    X(START, "Start", portal_request, portal_reply, RPC_UNARY)                                               \
    X(FETCH, "Fetch", fetch_request, fetch_reply, RPC_SERVER_STREAM)                                         \
    X(PARK, "Park", park_request, portal_reply, RPC_UNARY)                                                   \
    X(SLICE, "Slice", fetch_request, portal_reply, RPC_UNARY)                                                \
    X(COPY_IN, "CopyIn", copy_in_request, copy_in_reply, RPC_BOTH_STREAM)

enum rpc_shape { RPC_UNARY, RPC_SERVER_STREAM, RPC_BOTH_STREAM };

enum rpc_method {
#define X(symbol, name, request, reply, shape) RPC_##symbol,
    RPC_METHODS(X)
#undef X
        RPC_METHOD_COUNT
};

#define RPC_SERVICE "/tavana.v1.Worker/"

#endif
