/* The methods of a worker, one line each, for both sides. */
#ifndef TAVANA_RPC_METHOD_H
#define TAVANA_RPC_METHOD_H

/* symbol, path, request, reply (protobuf-c's names), how */
#define RPC_METHODS(X)                                                                                       \
    X(ATTACH, "/tavana.v1.Worker/Attach", tavana__v1__attach_request, tavana__v1__report, RPC_SERVER_STREAM) \
    X(OPEN_SESSION, "/tavana.v1.Worker/OpenSession", tavana__v1__open_session_request,                       \
      tavana__v1__open_session_reply, RPC_UNARY)                                                             \
    X(CLOSE_SESSION, "/tavana.v1.Worker/CloseSession", tavana__v1__session_request, tavana__v1__reply,       \
      RPC_UNARY)                                                                                             \
    X(CANCEL, "/tavana.v1.Worker/Cancel", tavana__v1__cancel_request, tavana__v1__reply, RPC_UNARY)          \
    X(CLOSE, "/tavana.v1.Worker/Close", tavana__v1__close_request, tavana__v1__reply, RPC_UNARY)             \
    X(CONFIGURE, "/tavana.v1.Worker/Configure", tavana__v1__configure_request, tavana__v1__reply, RPC_UNARY) \
    X(TRANSACTION, "/tavana.v1.Worker/Transaction", tavana__v1__transaction_request, tavana__v1__reply,      \
      RPC_UNARY)                                                                                             \
    X(SPLIT, "/tavana.v1.Worker/Split", tavana__v1__split_request, tavana__v1__split_reply, RPC_UNARY)       \
    X(PREPARE, "/tavana.v1.Worker/Prepare", tavana__v1__prepare_request, tavana__v1__prepare_reply,          \
      RPC_UNARY)                                                                                             \
    X(OPEN, "/tavana.v1.Worker/Open", tavana__v1__open_request, tavana__v1__portal_reply, RPC_UNARY)         \
    X(START, "/tavana.v1.Worker/Start", tavana__v1__portal_request, tavana__v1__portal_reply, RPC_UNARY)     \
    X(FETCH, "/tavana.v1.Worker/Fetch", tavana__v1__fetch_request, tavana__v1__fetch_reply,                  \
      RPC_SERVER_STREAM)                                                                                     \
    X(PARK, "/tavana.v1.Worker/Park", tavana__v1__park_request, tavana__v1__portal_reply, RPC_UNARY)         \
    X(SLICE, "/tavana.v1.Worker/Slice", tavana__v1__fetch_request, tavana__v1__portal_reply, RPC_UNARY)      \
    X(COPY_IN, "/tavana.v1.Worker/CopyIn", tavana__v1__copy_in_request, tavana__v1__copy_in_reply,           \
      RPC_BOTH_STREAM)                                                                                       \
    X(HEALTH, "/grpc.health.v1.Health/Check", grpc__health__v1__health_check_request,                        \
      grpc__health__v1__health_check_response, RPC_UNARY)

enum rpc_shape { RPC_UNARY, RPC_SERVER_STREAM, RPC_BOTH_STREAM };

enum rpc_method {
#define X(symbol, path, request, reply, shape) RPC_##symbol,
    RPC_METHODS(X)
#undef X
        RPC_METHOD_COUNT
};

#endif
